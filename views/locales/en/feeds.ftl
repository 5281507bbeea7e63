### What machines read: feeds and the site's map.

feed-title = ProSektorWeb blog
feed-shelf-title = { $name } · ProSektorWeb blog
feed-description = New posts of the blog.
feed-gone = This list of posts is no longer here.

map-pages = Pages in English
map-posts = Latest posts in English
map-feeds = Feeds in English
map-home = Home
map-blog = Blog
map-services = What we do
map-about = About us
map-pricing = Pricing
map-portfolio = Portfolio
map-contact = Contact
map-privacy = Privacy
map-cookies = Cookies
map-terms = Terms

public-mail-subject = Your post is public: { $title }
public-mail-text = As scheduled, “{ $title }” can be read by everybody since { $time }.
