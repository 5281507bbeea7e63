### Words that every page shares. Pages of one record have their own file.

product-name = ProSektorWeb

## Frame

nav-skip = Skip to content
nav-label = Main
nav-dashboard = Dashboard
nav-companies = Companies
nav-services = Services
nav-activities = Activities
nav-trash = Trash
nav-new = New
nav-new-company = New company
nav-me = Account of { $name }
nav-help = Keyboard shortcuts
nav-login = Sign in
nav-logout = Sign out
search-label = Search companies
search-companies = Company name, tax number or e-mail
search-placeholder = Search companies
breadcrumbs-label = Where you are
dialog-title = Dialog

role-admin = Administrator
role-office = Office
role-expert = Safety expert
role-doctor = Workplace doctor
role-client = Client

## Preferences

language-en = English
language-tr = Türkçe
language-short-en = EN
language-short-tr = TR
theme-now-auto = Theme: as the system.
theme-now-light = Theme: light.
theme-now-dark = Theme: dark.
theme-switch-auto = Follow the system
theme-switch-light = Switch to light
theme-switch-dark = Switch to dark

## Words on buttons

action-cancel = Cancel
action-edit = Edit
action-delete = Move to trash
action-restore = Restore
action-close = Close
action-retry = Try again

## Forms

form-optional = (optional)
form-error-prefix = Error:
form-errors-title =
    { $count ->
        [one] One thing needs your attention
       *[other] { $count } things need your attention
    }

## What is wrong with a field

error-required = Fill this in.
error-too-short =
    { $min ->
        [one] Use at least { $min } character.
       *[other] Use at least { $min } characters.
    }
error-too-long =
    { $max ->
        [one] Use at most { $max } character.
       *[other] Use at most { $max } characters.
    }
error-email = Enter an e-mail address like name@example.com.
error-email-not-ascii = Enter the address in plain letters, without ç, ğ, ı, ö, ş or ü.
error-phone = Enter a phone number with its area code, like 0412 228 00 00. Numbers abroad begin with +.
error-tax-id = Check the number: a tax number has 10 digits, a personal one 11.
error-nace = Enter the six digits of the NACE code, like 43.21.01.
error-choice = Choose one from the list.
error-date = Enter a date that exists, like 21.08.2026.
error-number = Enter a number in digits.
error-money = Enter an amount in digits, like 1,234.56.
error-control-characters = Remove the invisible characters. They often come along when text is pasted.
error-password-common = This is easy to guess. Take several words that do not belong together, or let a password manager choose.
error-sign-in = The e-mail address or the password is not right.

## Messages

flash-undo = Undo
flash-dismiss = Dismiss
problem-offline = No answer from the server. Nothing on this page was lost. Check your connection and try again.
problem-slow = The server took too long to answer. Nothing on this page was lost. If you were saving, check whether it was saved before you try again.
problem-broken = The server could not answer just now. Nothing on this page was lost. Try again in a moment.
problem-signed-out = Your session has ended. What you typed is still here: sign in in a new tab, then send it again.

## Lists

table-sort-by = Sort by { $column }
pagination-label = Pages
pagination-range = { $from }–{ $to } of { $total }
pagination-range-capped = { $from }–{ $to } of { $total }+
pagination-prev = Previous
pagination-next = Next

## Error pages

error-400-title = The request could not be read
error-400-text = Something in the address or the form is malformed. Nothing was changed.
error-401-title = Sign in to go on
error-401-text = This page is for people who are signed in, or your session has ended.
error-403-title = Not open to you
error-403-text = Your role does not include this. An administrator can change that.
error-404-title = Nothing is here
error-404-text = The address may be mistyped, or the record was moved to the trash.
error-405-title = This cannot be done here
error-405-text = The address exists, but not for this kind of request.
error-405-allow = It answers to: { $methods }
error-408-title = The request took too long to arrive
error-408-text = The connection was too slow or was cut. Nothing was changed: try again.
error-409-title = Someone else was quicker
error-409-text = The record has changed since you opened it. Open it again, look at what changed, then make your change.
error-413-title = Too large
error-413-text = What you sent is larger than this page accepts. Nothing was changed: make it smaller and send it again.
error-414-title = The address is too long
error-414-text = Shorten the search or the filters and try again.
error-415-title = This format is not accepted
error-415-text = Send the form from its page. Nothing was changed.
error-422-title = Some of it is not right
error-422-text = Nothing was saved. Go back to the form, mend what it marks and send it again.
error-429-title = Too many requests
error-429-text = This was asked for too often in a short time. Wait a little, then go on.
error-431-title = The request carries too much
error-431-text = The browser sent more than this server reads. Delete the cookies of this site and try again.
error-500-title = This is our fault
error-500-text = Something broke on our side and has been recorded. Nothing was half saved: go back, look, and try again.
error-503-title = Not available just now
error-503-text = The service cannot reach its data at the moment. It comes back by itself: try again shortly.
error-retry-after =
    { $seconds ->
        [one] Try again in { $seconds } second.
       *[other] Try again in { $seconds } seconds.
    }
error-request-id = Request { $id }
error-request-id-hint = Give this number when you ask for help.
error-home = Go to the start
error-companies = See all companies

## Sign in

sessions-title = Sign in
sessions-text = For staff and clients with an account.
kept-here = Your session had ended before this arrived. What you typed is back in the form below; nothing of it is saved yet.
kept-elsewhere = Your session had ended before this arrived. Nothing of it is saved; here is what you typed, so that you can enter it again.
sessions-expired = Your session has ended. Sign in to go on where you were.
sessions-email = E-mail
sessions-password = Password
sessions-submit = Sign in
sessions-demo-title = Demo accounts
sessions-demo-text = The password of each is { $password }. They exist in development only.
sessions-demo-email = E-mail
sessions-demo-role = Role

## Help

help-title = Keyboard shortcuts
help-text = They work wherever you are not typing. Each is also a link.
help-key = Key
help-what = What it does
help-search = Search companies
help-new = New company
help-then = then
help-help = Show this list
help-escape = Close a dialog or a menu
help-shortcuts-off = Turn shortcuts off
help-shortcuts-on = Turn shortcuts on

## Home page

home-description = ProSektorWeb keeps web sites, hosting, SEO and the client records of occupational health and safety firms in one place.
home-picture-alt = The company list: names with their status, danger class and the date of the last change, filters above, a rail with four places at the left.
home-picture-caption = The company list, as the office sees it all day.
home-foot = ProSektorWeb · web sites, hosting, SEO and maintenance for occupational health and safety firms in Türkiye.
