### The pages about the firm: what is around them for readers, and where the office writes them.

nav-menu = Menu
nav-tools = Language and account
nav-foot = Legal and contact
nav-feed = Feed
nav-site-pages = Site pages

site-write-to-us = Write to us
site-see-services = What we do

contact-page-privacy = What we record, why, and for how long:

error-public-404-text = The address may be mistyped, or the page has moved. Nothing else is broken.
error-public-search = Search the blog
error-public-search-go = Search
error-public-instead = Where to go from here
error-public-services = web sites, hosting, SEO and maintenance
error-public-blog = what we write about web sites and safety at work
error-public-contact = ask a person

page-kind = Page
page-kind-home = Home
page-kind-what-we-do = What we do
page-kind-about = About us
page-kind-pricing = Pricing
page-kind-portfolio = Portfolio
page-kind-contact = Contact
page-kind-privacy = Privacy
page-kind-cookies = Cookies
page-kind-terms = Terms
page-list-lead = What the public site says, in both languages. A page that nobody has saved yet says what the product brings along: names and addresses of the firm have to be filled in before the site goes public.
page-title = Title
page-lead = Lead
page-lead-hint = One or two sentences below the title, at most 500 characters.
page-body = Text
page-meta-title = Title for search engines
page-meta-description = Description for search engines
page-meta-description-hint = At most 160 characters. Left empty, it is the lead.
page-page = Page
page-revision = Revision
page-restored = Restored revision
page-saved = Saved
page-brought = Starting text
page-never = Never saved
page-view = View page
page-save = Save and show to readers
page-revisions = Revisions
page-restore = Save this text again

flash-site-pages-updated = “{ $title }” is saved and can be read.
flash-site-pages-restored = The earlier text is back.

audit-site-pages-update = Site page changed
audit-site-pages-restore = Earlier text of a site page restored
