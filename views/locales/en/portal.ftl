# The portal
nav-portal = My company
portal-lead = What we keep for you. Tell us if something has changed.
portal-services-none = What you order from us appears here with its price and its next renewal.

# An administrator looks with a client's eyes
view-begin = View as client
view-label = View as client
view-text = You see the portal as { $company } sees it. Nothing can be changed here.
view-end = Back to the office
audit-companies-view = Portal viewed as this client
audit-companies-view-end = View as client ended
