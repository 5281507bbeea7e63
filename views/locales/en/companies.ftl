# Companies
company-new = New company
company-create = Add company
company-edit-title = Edit { $name }
company-in-trash = This company is in the trash since
company-tabs = Sections of this company
company-tab-overview = Overview
company-tab-contacts = Contacts
company-tab-notes = Notes
company-tab-services = Services
company-tab-activities = Activities
company-tab-history = History
company-facts = Company details
company-all-contacts =
    { $count ->
        [0] Go to contacts
        [one] { $count } contact
       *[other] All { $count } contacts
    }
company-all-notes =
    { $count ->
        [0] Go to notes
        [one] { $count } note
       *[other] All { $count } notes
    }
company-all-activities =
    { $count ->
        [0] Go to activities
        [one] { $count } activity
       *[other] All { $count } activities
    }
company-all-changes = Full history
company-count =
    { $count ->
        [one] { $count } company
       *[other] { $count } companies
    }
company-csv = Download CSV

company-group-identity = Identity
company-group-reach = Contact details
company-group-safety = Work safety
company-group-sales = Follow-up
company-name = Company name
company-name-hint = The trade name as it appears on invoices
company-tax-id = Tax or identity number
company-tax-id-short = Tax number
company-tax-id-hint = The 10-digit tax number (VKN), or the 11-digit identity number (TCKN) of a sole trader
company-tax-office = Tax office
company-email = Email
company-phone = Phone
company-phone-hint = For example 0312 444 00 00 or +49 30 123456
company-reach = Phone and email
company-address = Address
company-nace-code = NACE code
company-nace-code-hint = Six digits, for example 43.21.01
company-danger-class = Hazard class
company-danger-class-hint = The class that belongs to the NACE code
company-source = Source
company-source-hint = How the company found us
company-status = Status
company-created-at = Added
company-updated-at = Updated
company-blank = Not chosen

company-status-lead = Lead
company-status-prospect = Prospect
company-status-negotiation = Negotiation
company-status-customer = Customer
company-status-churned = Churned
company-status-change = Change status
company-status-new = New status
company-status-save = Save status

company-source-website = Website
company-source-referral = Referral
company-source-phone = Phone
company-source-fair = Trade fair
company-source-social_media = Social media
company-source-advertisement = Advertisement
company-source-other = Other

danger-class-less_dangerous = Less hazardous
danger-class-dangerous = Hazardous
danger-class-very_dangerous = Very hazardous

company-empty-title = No companies yet
company-empty-text = The first company you add is listed here; its contacts, notes and activities live on its own page.
company-empty-text-read = Companies appear here once the office adds them.
company-nothing-title = No company matches
company-nothing-text = Shorten the search, remove one of the filters, or clear them all.

# Search and filters
filter-q = Search companies
filter-q-example = Name, tax number, email
filter-any = All
filter-apply = Filter
filter-set = Filters in use
filter-clear = Clear filters
chip-q = Search
chip-status = Status
chip-source = Source
chip-danger-class = Hazard class
chip-created = Month added
chip-remove = remove filter

# Similar records and conflicts
similar-title =
    { $count ->
        [one] This company may be on record already
       *[other] { $count } similar companies are on record
    }
similar-tax-id = Same tax number
similar-name = Similar name
similar-confirm = This is a different company, save it anyway
conflict-title = This record changed while you were editing
conflict-by = { $name } changed it
conflict-by-someone = Someone else changed it
conflict-text = What you typed is kept below and is not saved yet. Compare the two: if you save, your values replace the saved ones.
conflict-caption = Saved values and what you typed
conflict-field = Field
conflict-theirs = Saved now
conflict-mine = What you typed
conflict-reload = Discard what I typed and open the saved version

# Shared
form-save = Save changes
row-trash = Delete
column-actions = Actions
value-none = Not given
panel-empty-read = It appears here once the office adds it.

# Contacts
contact-new = Add contact
contact-create = Add contact
contact-edit = Edit contact
contact-name = Full name
contact-title = Job title
contact-title-hint = For example safety officer, accounting manager
contact-phone = Phone
contact-email = Email
contact-is-primary = Primary contact
contact-is-primary-hint = The first person to call about this company. A company has at most one.
contact-primary = Primary
contact-none = No contacts yet
contact-none-text = Add the first person, so that everyone knows whom to call.

# Notes
note-new = Add note
note-create = Add note
note-edit = Edit note
note-body = Note
note-pinned = Pin to the top
note-pinned-hint = Pinned notes come first in the list and show on the overview.
note-is-pinned = Pinned
note-pin = Pin
note-unpin = Unpin
note-pinned-title = Pinned notes
note-pinned-none = No pinned notes.
note-none = No notes yet
note-none-text = Write down what was said, what was promised and what must not be forgotten.

# Activities
activity-new = Add activity
activity-create = Add activity
activity-edit = Edit activity
activity-kind = Type
activity-kind-call = Call
activity-kind-email = Email
activity-kind-meeting = Meeting
activity-kind-note = Note
activity-kind-task = Task
activity-kind-reminder = Reminder
activity-title = Subject
activity-title-hint = For example Call accounting about the proposal
activity-body = Description
activity-due-on = Due date
activity-done = Done
activity-done-hint = Tick this to record something that has already happened.
activity-author = Added by
activity-company = Company
activity-due-overdue = Overdue
activity-due-today = Today
activity-due-none = No date
activity-due-done = Done
activity-mark-done = Mark done
activity-reopen = Reopen
activity-coming = Coming activities
activity-coming-none = No coming activities.
activity-none = No activities yet
activity-none-text = Add a call, a meeting or a task with its date; it shows on the dashboard when the day comes.
activity-filter = Filter activities
activity-filter-overdue = Overdue
activity-filter-today = Today
activity-filter-week = This week
activity-filter-open = Open
activity-filter-done = Done
activity-mine = Only those I added
activity-show-all = Show everyone’s
activity-empty-overdue = Nothing is overdue
activity-empty-today = Nothing is due today
activity-empty-week = Nothing is due this week
activity-empty-open = No open activities
activity-empty-done = No activities are done yet
activity-empty-text = Activities are added on a company’s page and line up here by date.
activity-empty-mine = You are looking at those you added; other people’s are not in this list.

# Dashboard
dashboard-empty-text = Figures, coming work and recent changes appear here once you add the first company.
dashboard-by-status = Companies by status
dashboard-total =
    { $count ->
        [one] { $count } company in total
       *[other] { $count } companies in total
    }
dashboard-count = Companies
dashboard-share = Share
dashboard-percent = { $share }%
dashboard-status-link =
    { $count ->
        [one] { $status }: { $count } company
       *[other] { $status }: { $count } companies
    }
dashboard-per-month = New companies per month
dashboard-overdue = Overdue activities
dashboard-overdue-none = Nothing is overdue.
dashboard-coming = Coming activities
dashboard-coming-none = No activities in the coming days.
dashboard-all-activities =
    { $count ->
        [0] Go to activities
        [one] { $count } activity
       *[other] All { $count } activities
    }
chart-as-table = Show as a table
chart-month = Month

# Trash
trash-lead = Companies in the trash are in no list and no total. They are deleted for good after 30 days.
trash-confirm-title = Move { $name } to the trash?
trash-confirm-text = The company leaves every list, together with its contacts, notes, activities and services; nothing of it renews. You can restore it from the trash.
trash-by = Moved by
trash-at = Moved
trash-empty-title = The trash is empty
trash-empty-text = Companies and services moved to the trash wait here and can be restored.
trash-empty-companies = No company is in the trash.
trash-empty-action = Back to companies

# History
change-latest = Recent changes
change-none = No changes yet
change-none-text = Every change to this company appears here, with who made it and when.
change-before = before:
change-after = after:
change-empty = empty
change-yes = yes
change-no = no
change-nobody = System
audit-companies-create = Company added
audit-companies-update = Company details updated
audit-companies-status = Status changed
audit-companies-purge = Deleted for good
audit-companies-trash = Moved to trash
audit-companies-restore = Restored from trash
audit-contacts-create = Contact added
audit-contacts-update = Contact updated
audit-contacts-trash = Contact deleted
audit-contacts-restore = Contact restored
audit-notes-create = Note added
audit-notes-update = Note updated
audit-notes-trash = Note deleted
audit-notes-restore = Note restored
audit-notes-pin = Note pinned or unpinned
audit-activities-create = Activity added
audit-activities-update = Activity updated
audit-activities-trash = Activity deleted
audit-activities-restore = Activity restored
audit-activities-done = Activity marked done or reopened

# Flash messages
flash-companies-created = { $name } was added.
flash-companies-updated = { $name } was updated.
flash-companies-trashed = { $name } was moved to the trash.
flash-companies-restored = { $name } was restored.
flash-companies-status = The status of { $name } was changed.
flash-contacts-created = { $name } was added to the contacts.
flash-contacts-updated = { $name } was updated.
flash-contacts-trashed = { $name } was deleted from the contacts.
flash-contacts-restored = { $name } was restored.
flash-notes-created = The note was added.
flash-notes-updated = The note was updated.
flash-notes-trashed = The note was deleted.
flash-notes-restored = The note was restored.
flash-notes-pinned = The note’s pin was changed.
flash-activities-created = “{ $name }” was added.
flash-activities-updated = “{ $name }” was updated.
flash-activities-trashed = “{ $name }” was deleted.
flash-activities-restored = “{ $name }” was restored.
flash-activities-done = “{ $name }” is done.
flash-activities-reopened = “{ $name }” was reopened.

# CSV column heads
csv-name = Company name
csv-tax-id = Tax or identity number
csv-tax-office = Tax office
csv-email = Email
csv-phone = Phone
csv-address = Address
csv-nace-code = NACE code
csv-danger-class = Hazard class
csv-source = Source
csv-status = Status
csv-created-at = Added
