# Mails
company-tab-mails = Mails
mail-subject = Subject
mail-to = To
mail-state = State
mail-state-queued = On its way
mail-state-sent = Sent
mail-state-failed = Not delivered
mail-state-off = Not sent
mail-error = Last problem
mail-created-at = Written
mail-sent-at = Sent at
mail-attempts = Attempts
mail-lang = Language
mail-again = Sent again
mail-original = The earlier mail
mail-all = All mails
mail-html = Open as the reader sees it
mail-resend = Send again
mail-none = No mails yet
mail-none-text = Mails that the product sends to this company are kept here, with what became of each.
mail-is-off = Mail is off: nothing is sent until a mail server is set up. Mails are written down here all the same.
mail-is-outbox = No mail server is set up: mails are kept as files instead of being sent.

mail-trouble-timed_out = The mail server did not answer in time
mail-trouble-connection = The mail server could not be reached, or the connection broke
mail-trouble-tls = No safe connection to the mail server was possible
mail-trouble-protocol = The mail server did not understand us
mail-trouble-message = The mail could not be put together
mail-trouble-interrupted = The attempt was interrupted
mail-trouble-discarded = The delivery was discarded by an administrator
mail-trouble-off = Mail was off

outbox-title = Outbox
outbox-lead = The newest { $count } mails that would have been sent. Nobody has received them.
outbox-none = The outbox is empty
outbox-none-text = Mails that the product would send are kept here while no mail server is set up.
outbox-unknown = The database does not know this mail
outbox-log = Show in the company’s mails
outbox-source = The mail as it would have gone out

mail-foot = Sent automatically by ProSektorWeb.
mail-unsubscribe = Stop these mails
mail-test-subject = Test mail for { $name }
mail-test-text = This mail shows that ProSektorWeb can send mail to { $name }. Nothing needs to be done.

flash-mails-resent = The mail is on its way again.
flash-mails-resent-off = The mail was written down again, but mail is off: it is not sent.
audit-mails-resend = Mail sent again
