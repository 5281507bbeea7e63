### People who sign in, their invitations, and who may do what.

nav-users = Users

user-new = Invite a user
user-new-client = Invite a client
user-invite = Send invitation
user-invite-again = Send invitation again
user-edit-title = Edit { $name }
user-deactivate = Deactivate
user-reactivate = Activate again
user-of-company = People who sign in
user-of-company-all = See them all
user-facts = Account
user-changes = Latest changes
user-audit = What they did

user-name = Full name
user-email = Email
user-own-email = Change your own address in your account
user-email-hint = They sign in with it, and the invitation goes there.
user-role = Role
user-role-hint = What each role may do is on the page of permissions.
user-company = Company
user-company-hint = For clients, and required for them: the name, or its first letters. They see this company and nothing else. Left empty for everybody else.
user-company-which = Which of them
user-company-trashed = In the trash
user-company-trashed-text = Their company is in the trash: they cannot sign in until it is restored.
user-locale = Language
user-locale-hint = Of the invitation. They can choose another.
user-created-at = Added
user-sessions = Signed in
user-active = Can sign in
user-ended = How many

user-state = State
user-state-active = Active
user-state-invited = Invited
user-state-deactivated = Deactivated

user-filter-q = Search users
user-filter-q-example = Name or email
user-none = No user matches
user-none-company = Nobody signs in for this company yet
user-none-company-text = Invite the first person there: they choose a password themselves.
chip-role = Role
chip-state = State
chip-company = Company

user-device = Device
user-device-unknown = Unknown device
user-ip = IP address
user-signed-in-at = Signed in
user-seen-at = Last seen
user-session-end = End
user-session-this = this one
user-sessions-end-all = End all
user-sessions-none = Not signed in anywhere.
user-mails = Mails about the account
user-mail-off = Mail is off: invitations reach nobody until a mail server is set up. For an administrator, this command on the server prints a link:

user-erase = Erase personal data
user-erase-text = Name and email give way to a number, also in the audit of the account, from which the IP addresses go too. Sessions, second factor, links and mails are deleted. What this person did stays, under the number. The account can never be used again.
user-erase-confirm = Erase it for good
user-erase-submit = Erase

error-email-taken = Somebody has this address already.
error-company-unknown = No company has this name. Check it, or add the company first.
error-company-several = Several companies begin like this. Choose one below, or type more of the name.
error-own-email = Your own address is changed in your account, with your password.
error-last-admin = This is the last administrator who can sign in. Make another one first.
error-user-erased = Nothing is left of this person that could be activated.
error-user-active = Deactivate the account before you erase it.
error-user-erase-confirm = Tick the box to erase the personal data.
error-user-not-invited = Only people who have not chosen a password yet can be invited again.
error-user-invited-often = Three invitations went to this person in the last hour. Wait an hour before you send another.

flash-users-invited = { $name } was invited by mail.
flash-users-invited-off = { $name } was added, but mail is off: no invitation was sent.
flash-users-updated = { $name } was saved.
flash-users-deactivated = The account was deactivated, and all its sessions have ended.
flash-users-reactivated = The account is active again.
flash-users-erased = The personal data was erased.
flash-users-sessions =
    { $count ->
        [0] There was no session to end.
        [one] { $count } session has ended.
       *[other] { $count } sessions have ended.
    }

audit-users-create = User added
audit-users-update = User changed
audit-users-invite = Invitation sent
audit-users-accept = Invitation accepted
audit-users-deactivate = User deactivated
audit-users-reactivate = User activated again
audit-users-sessions = Sessions ended
audit-users-prefer = Language or theme switched
audit-users-erase = Personal data erased

## Invitations

invitation-subject = Your ProSektorWeb account: choose a password
invitation-mail-client = { $company } is looked after with ProSektorWeb, and an account was opened for you there.
invitation-mail-staff = An account was opened for you in ProSektorWeb, where the office keeps its companies and their services.
invitation-mail-link = Open this link and choose a password:
invitation-mail-until = The link works once, until { $time }. You sign in with { $email }.
invitation-mail-mistake = If you did not expect this mail, you need not do anything.
user-mail-address = An administrator changed the address of your ProSektorWeb account to { $email }. All your sessions were ended; you sign in with the new address from now on.
user-mail-address-other = If you did not expect this, tell an administrator at once.
invitation-title = Choose a password
invitation-hello = Welcome, { $name }
invitation-client = An account for { $company } was opened for you. Choose a password to use it.
invitation-staff = An account was opened for you in ProSektorWeb. Choose a password to use it.
invitation-password = Password
invitation-password-hint = At least { $min } characters. Several words that do not belong together are good.
invitation-locale = Language
invitation-submit = Save password
invitation-gone-title = This link does not work any more
invitation-gone-text = An invitation works once and for seven days, and only the newest one counts. If you have chosen a password, sign in. Otherwise ask the office for a new invitation.
sessions-done-invited = Your password is saved. Sign in with it.

## Permissions

permission-title = Permissions
permission-lead = Drawn from the tables that the product itself obeys at every request.
permission-roles = What each role may do
permission-urls = Every address, and whom it lets in
permission-what = Permission
permission-url = Address
permission-nobody = Not signed in
permission-may = yes
permission-may-not = no
permission-dashboard-read = See the dashboard
permission-companies-read = See companies, contacts, notes and history
permission-companies-write = Add and change companies, contacts and notes
permission-companies-trash = Move companies, contacts and notes to the trash and back
permission-activities-read = See activities
permission-activities-write = Add activities and change their own
permission-services-read = See services
permission-services-write = Add, change and cancel services
permission-services-trash = Move services to the trash and back
permission-mails-read = See mails that were sent
permission-mails-send = Send a mail again
permission-jobs-manage = See and steer jobs in the background
permission-users-manage = Invite, change and deactivate users
permission-audit-manage = See who did what, and restore earlier values
permission-clients-view = See the portal as a client does
