# One's own account, and the way back in
nav-account = Your account
account-tabs = Parts of your account
account-tab-profile = Profile
account-tab-email = E-mail
account-tab-password = Password
account-tab-second-factor = Second step
account-tab-sessions = Sessions

account-name = Name
account-locale = Language
account-locale-hint = Of the pages and of the mails that you get.
account-theme = Theme
account-theme-auto = As the system
account-theme-light = Light
account-theme-dark = Dark
account-save = Save profile
flash-account-updated = Your profile was saved.

account-email-now = You sign in with { $email }.
account-email-new = New e-mail address
account-email-hint = We send a link there. The address changes when you open it and confirm, within an hour.
account-email-submit = Send the link
account-current-password = Current password
account-current-password-hint = So that nobody else changes the address while you are away.
account-mail-off = No mail can be sent from here at the moment, so there is no link to send. Ask an administrator.
error-account-password = This is not your current password.
error-account-same-email = This is your address already.
error-account-too-often = A link was asked for several times in the last hour. Use the newest one, or wait an hour.
flash-account-email-asked = A link is on its way to { $email }. Until you open it and confirm, nothing changes.
flash-account-email-changed = The new address is yours from now on.

account-confirm-title = Confirm your new address
account-confirm-text = Instead of { $old } you sign in with { $new } from then on, and get your mails there. You are signed out in all other browsers.
account-confirm-submit = Use the new address
account-not-yours-title = This link is for another account
account-not-yours-text = You are not signed in to the account that asked for the new address. Sign out, sign in to that account, and open the link again.
account-gone-title = This link works no more
account-gone-text = Each link works once and for a short time, and a newer one replaces it. Ask for another if you still need it.
account-gone-again = Ask for another link

account-password-lead = When you change it, you stay signed in here and are signed out everywhere else.
account-new-password = New password
account-new-password-hint = At least 8 characters. Several words that do not belong together are easy to remember and hard to guess.
account-password-submit = Change password
flash-account-password-changed = Your password was changed.

account-sessions-lead = Where you are signed in. End whatever you do not recognise, then change your password.
account-session-device = Device
account-session-unknown = Unknown device
account-session-here = this browser
account-session-ip = IP address
account-session-seen = Last used
account-session-began = Signed in
account-session-end = End
account-sessions-end-others = Sign out everywhere else
account-sessions-end-all = Sign out everywhere
flash-account-session-ended = The session was ended.
flash-account-sessions-ended = You are signed out everywhere but here.

sessions-done-everywhere = You are signed out everywhere.
sessions-done-late = Sign in again. The code did not come in time, or too many codes were wrong.
sessions-done-reset = Your password was changed. Sign in with the new one.

forgot-link = Forgot your password?
forgot-title = Forgot your password?
forgot-text = Enter the address with which you sign in. We send you a link to choose another password.
forgot-submit = Send the link
forgot-sent = If there is an account with this address, a link is on its way to it.
forgot-sent-text = It works for 15 minutes. If nothing comes, look into the spam folder, check the address, or ask an administrator.
forgot-again = Ask again
forgot-back = Back to the sign-in
reset-title = Choose a new password
reset-text = For { $email }. You are signed out everywhere and sign in with the new password.
reset-submit = Change password

# Mails
mail-reset-subject = Choose a new password
mail-reset-text = A new password was asked for your ProSektorWeb account. Choose one here:
mail-reset-once = The link works once, for 15 minutes.
mail-reset-other = If it was not you who asked, there is nothing to do: your password stays as it is.
mail-password-subject = Your password was changed
mail-password-text = The password of your ProSektorWeb account was changed on { $at }. All other sessions were ended.
mail-not-you = If it was not you, choose another password at once at { $url } and tell an administrator.
mail-confirm-subject = Confirm your new address
mail-confirm-text = This address was given for your ProSektorWeb account. Sign in as before and confirm it here:
mail-confirm-once = The link works once, for an hour. If it was not you, there is nothing to do.
mail-taken-subject = Your address was entered for another account
mail-taken-text = Somebody asked to use this address for another ProSektorWeb account. It belongs to yours already, so nothing has changed, and there is nothing to do.
mail-asked-subject = A new address was asked for your account
mail-asked-text = Your ProSektorWeb account is to get the address { $email }. A link was sent there; until you sign in and confirm it, nothing changes.
mail-asked-other = If it was not you, change your password now: that makes the link void.
mail-address-subject = The address of your account was changed
mail-address-text = Your ProSektorWeb account has the address { $email } from now on. No more mails come to the old one.
mail-address-other = If it was not you, tell an administrator at once.
