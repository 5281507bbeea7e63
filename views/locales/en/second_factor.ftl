## The sign-in's second step

second-factor-code-title = Enter your code
second-factor-code-text = Your password is right. Open your authenticator app and enter the code it shows for ProSektorWeb.
second-factor-code = Six-digit code
second-factor-code-submit = Sign in
second-factor-recovery-instead = Use a recovery code instead
second-factor-recovery-code = Recovery code
second-factor-recovery-hint = One of the codes that you kept when you set this up. Each works once.
second-factor-code-instead = Use a code from the app instead
second-factor-code-back = Back to the sign-in page

error-code = This code is not right, or was used already. Enter the one that the app shows now.
error-recovery-code = This recovery code is not right, or was used already. Try another one.
error-own-password = This is not your current password.

## One's own

second-factor-title = Two-step verification
second-factor-text = After your password, the sign-in asks for a code from an app on your phone. Whoever learns your password still cannot get in. Any authenticator app will do.
second-factor-must = Your role must use two-step verification. Set it up to go on.
second-factor-password = Current password
second-factor-begin = Set up two-step verification
second-factor-on = On since { $date }.
second-factor-recovery = Recovery codes
second-factor-left =
    { $count ->
        [0] You have no recovery codes left.
        [one] You have { $count } recovery code left.
       *[other] You have { $count } recovery codes left.
    }
second-factor-renew-text = New codes replace the old ones, which stop working.
second-factor-renew = Make new recovery codes
second-factor-remove = Turn off two-step verification
second-factor-remove-text = From then on, your password alone signs you in.
second-factor-required = Your role must use two-step verification, so it cannot be turned off. If your phone changes, ask an administrator to reset it.
second-factor-code-or-recovery = Code from the app, or a recovery code
second-factor-scan = Add ProSektorWeb to your app
second-factor-scan-text = Scan this picture with your authenticator app.
second-factor-qr = QR code for your authenticator app
second-factor-type-text = If you cannot scan it, enter this key in the app:
second-factor-open-app = Open in an app on this device
second-factor-code-hint = The app shows it once it has the key. It changes every 30 seconds.
second-factor-confirm = Turn on two-step verification
second-factor-cancel = Cancel
second-factor-now-on = Two-step verification is on. Your other devices were signed out.
second-factor-codes-text = Keep these codes where you can reach them without your phone: print them, or save them in a password manager. Each signs you in once in place of the app. They are not shown again.
second-factor-codes-kept = I have kept them

flash-second-factor-late = That took too long. Begin again.
flash-second-factor-off = Two-step verification is off.

## Other people's

second-factor-none = Not set up.
second-factor-theirs = On since { $date }.
second-factor-own = Your own is in your account, with your password and a code
second-factor-reset = Reset two-step verification
flash-second-factor-reset = Two-step verification of { $name } is reset. All their devices were signed out.
flash-second-factor-none = There was nothing to reset.

## Roles

role-rules-title = Two-step verification by role
role-rules-text = People of a ticked role who have not set it up are led there on their next click and can do nothing else before. If that includes your own role, it includes you.
role-rules-legend = Must use two-step verification
role-rules-without =
    { $count ->
        [0] Nobody is without it.
        [one] { $count } person has not set it up.
       *[other] { $count } people have not set it up.
    }
role-rules-saved-on = Saved meanwhile: ticked.
role-rules-saved-off = Saved meanwhile: not ticked.
role-rules-conflict = Somebody has changed these rules since you opened the page. Your choice is below, with what is saved beside it. Save again to keep yours.
role-rules-save = Save rules
flash-role-rules-saved = The rules are saved.

## Mails

second-factor-subject-on = Two-step verification is on
second-factor-subject-off = Two-step verification is off
second-factor-subject-reset = Your two-step verification was reset
second-factor-subject-codes = You have new recovery codes
second-factor-subject-used = A recovery code was used
second-factor-mail-on = Two-step verification was turned on for your account. Your other devices were signed out.
second-factor-mail-off = Two-step verification was turned off for your account. Your password alone signs you in now.
second-factor-mail-reset = An administrator reset the two-step verification of your account. All your devices were signed out, and your password alone signs you in now. Set it up again on your account page.
second-factor-mail-codes = New recovery codes were made for your account. The old ones work no more.
second-factor-mail-used = Somebody signed in to your account with one of your recovery codes.
second-factor-mail-when = Time: { $date }.
second-factor-mail-not-you = If you did not expect this, change your password and tell your administrator.
