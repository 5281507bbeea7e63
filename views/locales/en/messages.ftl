### The contact form, and the inbox that it fills.

nav-messages = Messages
permission-messages-manage = Read, answer and erase messages of the contact form

## The form

contact-page-name = Your name
contact-page-email = E-mail
contact-page-email-hint = Our answer goes there.
contact-page-phone = Phone
contact-page-company = Company
contact-page-body = Message
contact-page-body-hint = At least 10 characters.
contact-page-website = Leave this field empty
contact-page-consent = I agree that ProSektorWeb keeps what I have typed here to answer me.
contact-page-consent-hint = With it we note the time, your IP address and your browser as evidence of your consent. Ask us at any time to erase all of it.
contact-page-submit = Send message
contact-page-not-sent = Your message has not been sent
contact-page-too-many =
    { $count ->
        [one] Many messages have come from your connection. What you typed is still here: send it again in { $count } minute.
       *[other] Many messages have come from your connection. What you typed is still here: send it again in { $count } minutes.
    }
contact-page-unavailable = We cannot reach our data at the moment. What you typed is still here: send it again shortly.
contact-thanks-title = Thank you, your message has arrived
contact-thanks-text = We have received what you wrote and will answer by e-mail.
contact-thanks-home = Back to the start
error-contact-name = Write your name.
error-contact-email = Write your e-mail address.
error-contact-body = Write your message.
error-contact-consent = Tick the box, so that we may keep your message and answer it.

contact-mail-subject = New message from { $name }
contact-mail-lead = { $name } has written through the contact form:
contact-mail-answer = Read and answer it here:

## The inbox

message-tabs = Messages by state
message-tab-inbox = All but spam
message-none = No messages here
message-none-text = What people write through the contact form lines up here.
message-filter-q = Search names, addresses, companies and texts
message-nothing = Nothing found
message-nothing-text = No message here has the words “{ $q }”.
message-name = Name
message-email = E-mail
message-phone = Phone
message-company = Company
message-body = Message
message-state = State
message-created-at = Received
message-locale = Language
message-facts = Who wrote
message-consent = Consent
message-consented-at = Given
message-ip = IP address
message-user-agent = Browser
message-mails = Mails about it
message-state-new = New
message-state-read = Read
message-state-answered = Answered
message-state-spam = Spam
message-to-new = Mark as new
message-to-read = Mark as read
message-to-spam = Mark as spam
message-replies = Answers
message-reply = Answer
message-reply-body = Your answer
message-reply-hint = Goes out by e-mail with their message below it. They wrote in this language: { $language }.
message-reply-submit = Send answer
message-mail-off = Mail is off: answers are kept but not sent.
message-erase = Erase
message-erase-title = Erase the message from { $name }?
message-erase-text = The message, its answers and all mails about it are deleted for good. The audit notes only that it was done.
error-message-changed = Somebody has changed this message meanwhile. Look at it, then send your answer again.

message-mail-subject = Your message to ProSektorWeb
message-mail-answer = If you have another question, answer this e-mail.
message-mail-theirs = You wrote on { $time }:

flash-messages-replied = The answer is on its way.
flash-messages-replied-off = The answer was kept, but mail is off: it was not sent.
flash-messages-state = The message was moved.
flash-messages-spam = The message is spam now.
flash-messages-erased = The message was erased.

audit-messages-create = Message received
audit-messages-erase = Message erased
audit-messages-export = Messages downloaded
audit-messages-reply = Message answered
audit-messages-state = State of a message changed
