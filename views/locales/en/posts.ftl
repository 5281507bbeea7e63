### The blog as those who write it see it.

permission-blog-read = See posts, drafts included
permission-blog-write = Write posts, categories and tags
permission-blog-publish = Publish posts and take them back

post-title = Title
post-slug = Address
post-lang = Language
post-excerpt = Excerpt
post-revision = Text, by revision
post-category = Category
post-tags = Tags
post-meta-title = Title for search engines
post-meta-description = Description for search engines
post-featured = Featured
post-cover-alt = Description of the cover
post-status = Status
post-published-at = Published
post-translation = Translations
post-count = Number of posts
post-copy = { $title } (copy)
category-name = Name
category-slug = Address
tag-name = Name
tag-slug = Address

error-slug = An address holds letters and digits.
error-slug-reserved = Another page of the blog has this address.
error-slug-taken = Another post has this address. { $free } is free.
error-label-taken = Another one has this name or address.
error-too-many-tags = At most { $max } tags.
error-body-too-long = The text is too long: at most 256 KB.
error-body-too-deep = Too many quotes, lists or elements stand within each other.
error-translation = Choose a post in another language that has no translation into this one.
error-schedule-past = This moment has passed. Publish the post instead.

# What is about no company, as the audit names it
audit-categories-create = Category made
audit-categories-merge = Category merged into another
audit-categories-update = Category changed
audit-posts-create = Post written
audit-posts-export = Posts taken away as files
audit-posts-import = Dates of a post brought in from a file
audit-posts-publish = Post published
audit-posts-purge = Post deleted for good
audit-posts-restore = Post restored from the trash
audit-posts-schedule = Post scheduled
audit-posts-translate = Translations of a post changed
audit-posts-trash = Post moved to the trash
audit-posts-unpublish = Post made a draft again
audit-posts-update = Post changed
audit-tags-create = Tag made
audit-tags-merge = Tag merged into another
audit-tags-update = Tag changed
