# Services
service-new = New service
service-create = Add service
service-edit-title = Edit { $name }
service-search = Search services
service-search-example = Service or company
service-facts = Service details
service-group-what = What it is
service-group-price = Payment
service-group-dates = Dates
service-name = Service name
service-name-hint = As it appears in reminders, for example Hosting of acme.com.tr
service-company = Company
service-type = Type
service-price = Price
service-price-hint = For one period, for example 1,234.56
service-currency = Currency
service-cycle = Billing cycle
service-status = Status
service-starts-on = Starts on
service-renews-on = Next renewal
service-renews-on-hint = Leave it empty to count from the start date.
service-renews-in = Renews in
service-cancelled-on = Cancelled on
service-created-at = Added
service-notes = Notes
service-all-mails = All mails of the company
service-cancel = Cancel service
service-resume = Resume service
service-type-hosting = Hosting
service-type-domain = Domain
service-type-seo = SEO
service-type-maintenance = Maintenance
service-type-social_media = Social media
service-type-ads = Advertising
service-type-other = Other
service-cycle-monthly = Monthly
service-cycle-yearly = Yearly
service-cycle-once = One-off
service-cycle-recurring = All that renew
service-status-active = Active
service-status-cancelled = Cancelled
service-status-expired = Expired
service-empty-title = No services yet
service-empty-text = Services are added on a company’s page and line up here by their next renewal.
service-nothing-title = No service matches
service-none = No services yet
service-none-text = Add what this company has subscribed to; renewals and reminders follow by themselves.
service-trash-text = The service leaves every list and figure and renews no more. You can restore it from the trash.
service-trash-lead =
    { $count ->
        [one] { $count } service is in the trash.
       *[other] { $count } services are in the trash.
    }
currency-TRY = Turkish lira (TRY)
currency-USD = US dollar (USD)
currency-EUR = Euro (EUR)
error-renews-on = The next renewal is not before the start, and not more than a year ago.
error-renews-on-renewed = It is renewed up to { $date } already: the next renewal comes after that day.

# Renewals and reminders
renewal-title = Renewals
renewal-none = No renewals yet.
renewal-period = Period
renewal-amount = Amount
renewal-made = Renewed
renewal-number = Renewals
renewal-count =
    { $count ->
        [one] { $count } renewal
       *[other] { $count } renewals
    }
reminder-title = Reminders
reminder-none = No reminders yet.
reminder-to = Reminders go to
reminder-date = Renewal date
reminder-noted = Noted
reminder-step =
    { $days ->
        [0] On the day
        [one] { $days } day before
       *[other] { $days } days before
    }
reminder-outcome-mailed = Mailed
reminder-outcome-no_address = No address
reminder-outcome-mail_off = Mail is off
reminder-outcome-passed = Passed over
reminder-warning-no-address = Reminders reach nobody: neither the primary contact nor the company has an e-mail address.
reminder-warning-mend = Add one to the contacts
reminder-warning-mail-off = Mail is off, so reminders are not sent.
reminder-subject = { $name } renews on { $date }
reminder-subject-today = { $name } renews today, { $date }
reminder-subject-past = { $name } was renewed on { $date }
reminder-text =
    { $days ->
        [one] { $service } of { $company } renews on { $date }, in { $days } day.
       *[other] { $service } of { $company } renews on { $date }, in { $days } days.
    }
reminder-text-today = { $service } of { $company } renews today.
reminder-text-past = { $service } of { $company } was renewed on { $date }.
reminder-answer = If you want to change or end it, or have a question, answer this e-mail: our office reads it.
mail-hello = Hello,
mail-hello-name = Dear { $name },

# History and messages
audit-services-create = Service added
audit-services-update = Service updated
audit-services-cancel = Service cancelled
audit-services-resume = Service resumed
audit-services-purge = Service deleted for good
audit-services-renew = Service renewed
audit-services-trash = Service moved to trash
audit-services-restore = Service restored
flash-services-created = { $name } was added.
flash-services-updated = { $name } was updated.
flash-services-cancelled = { $name } was cancelled: it renews no more.
flash-services-resumed = { $name } goes on.
flash-services-trashed = { $name } was moved to the trash.
flash-services-restored = { $name } was restored.
chip-type = Type
chip-cycle = Billing cycle
chip-currency = Currency
chip-renews = Renews in

# Dashboard
dashboard-recurring = Recurring revenue per month
dashboard-recurring-none = No service renews yet.
dashboard-renewing = Coming renewals
dashboard-renewing-none = Nothing renews in the next 30 days.
dashboard-all-services = All that renew
dashboard-renewals = Renewals per month
