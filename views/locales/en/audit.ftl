### Who did what, for administrators.

nav-audit = Audit

audit-what = Kind or action
audit-from = From
audit-to = To
audit-entry = Entry
audit-changes = What changed
audit-no-changes = Nothing was changed by this.
audit-to-record = Show the record
audit-of-record = All entries of this record
audit-column-at = Time
audit-column-actor = Who
audit-column-action = Action
audit-column-record = Record
audit-column-company = Company
audit-column-field = Field
audit-column-before = Before
audit-column-after = After
audit-column-ip = IP address
audit-column-request = Request id
audit-column-seq = Place in the chain
audit-sealed-at = Sealed
audit-seal-sealed = Sealed
audit-seal-waiting = Waits for its seal
audit-seal-none = Without a seal
audit-erased = erased
audit-erased-ip = IP address erased
audit-restored-from = Brings back
audit-csv = Download as CSV
audit-head = { $count ->
    [one] 1 entry is sealed.
   *[other] { $count } entries are sealed.
 } Head of the chain:
audit-head-none = Nothing has been sealed yet.
audit-none = No entries
audit-none-text = Nothing was noted that fits these filters.
audit-none-yet = Nothing found so far
audit-looked-back = The newest entries were looked through. The next page goes on further back.
audit-restore = Bring back
audit-restore-anyway = Bring the old value back
audit-not-restored = The old value was not brought back
audit-lost-erased = It was erased and is kept nowhere.
audit-lost-masked = The audit keeps only the last digits of a person's number.
audit-lost-other = This field is not one that can be brought back.
audit-differs = The field has changed again since
audit-differs-text = Nothing has been brought back yet. Compare the two values and decide.
audit-now = Now
audit-then = Would be brought back

chip-record = Record

flash-audit-restored = The old value is back.

# What is about no company, as the audit names it
audit-account-email = Email address changed
audit-account-email-asked = Change of email address asked for
audit-account-password = Password changed
audit-account-password-reset = Password reset by a link
audit-account-reset-asked = Link for a new password sent
audit-account-sessions-end = Own sessions ended
audit-audit-adopt = Older entries taken into the chain
audit-audit-erase = Personal data erased from the audit
audit-audit-export = Audit downloaded
audit-companies-export = Companies downloaded
audit-jobs-discard = Job discarded
audit-jobs-hasten = Job moved to the front
audit-jobs-retry = Job tried again
audit-jobs-run = Scheduled job started by hand
audit-mails-test = Test mail written
audit-role-rules-update = Two-step verification by role changed
audit-second-factors-codes = New recovery codes made
audit-second-factors-create = Two-step verification turned on
audit-second-factors-delete = Two-step verification turned off
audit-second-factors-reset = Two-step verification removed by an administrator
audit-services-export = Services downloaded
audit-session-code-asked = Password right, code asked for
audit-session-code-failed = Wrong code
audit-session-login-failed = Sign-in failed
audit-session-login-limited = Sign-in failed; further ones are in the log alone
audit-session-login-ok = Signed in
audit-session-logout = Signed out
