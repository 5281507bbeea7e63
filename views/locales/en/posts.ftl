### The blog as those who write it see it.

permission-blog-read = See posts, drafts included
permission-blog-write = Write posts, categories and tags
permission-blog-publish = Publish posts and take them back

post-title = Title
post-slug = Address
post-lang = Language
post-lang-change = Change the language
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

error-slug = An address holds letters and digits, at most 120.
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

# The list and the editor
nav-posts = Posts
post-categories = Categories
post-all-tags = Tags
post-new = New post
post-search = Search posts
post-status-draft = Draft
post-status-scheduled = Scheduled
post-status-published = Published
post-author = Author
post-updated-at = Changed
post-empty-title = Nothing has been written yet
post-empty-text = The first post will be a draft until you publish it.
post-nothing-title = No posts match
post-choose = Choose { $title }
post-bulk = With the chosen ones:
post-publish = Publish now
post-unpublish = Back to draft
post-schedule = Schedule
post-schedule-for = Publish on
post-schedule-hint = Istanbul time
post-standing = For readers
post-on-site = View on site
post-preview = Preview
post-preview-none = The preview appears here once something has been typed.
post-preview-link = Link to a preview
post-facts = About this post
post-length = Length
post-length-is = { $words ->
    [one] { $words } word
   *[other] { $words } words
  }, { $minutes } min to read
post-translate = Write the translation
post-translates = Translation of
post-translation-choose = Link to a post that is there
post-translation-link = Link
post-translation-more = These are the first { $max } by title. Others are found by words of them.
post-translation-q = Words of the post to link
post-translation-search = Search
post-translation-nothing = No post without a translation has these words.
post-translation-end = End the link
post-more = More
post-revisions = Revisions
post-duplicate = Duplicate
post-edit-title = Edit { $title }
post-untitled = Untitled
post-create = Save draft
post-body = Text
post-body-hint = Markdown: # headings, **bold**, *italic*, lists, tables, [links](https://…). Images need a description.
post-slug-hint = The end of its URL. Left empty, it is made from the title.
post-excerpt-hint = For lists and feeds. Left empty, it is the text’s beginning.
post-group-place = Where it belongs
post-group-cover = Cover
post-group-search = For search engines
post-cover = Cover image
post-no-category = None
post-tags-hint = Names with commas between them
post-featured-hint = Put forward on the first page
post-meta-title-hint = At most 60 characters. Left empty, it is the title.
post-meta-description-hint = At most 160 characters. Left empty, it is the excerpt.
post-search-result = As a search result
post-title-length = Title: { $count } of { $max } characters
post-description-length = Description: { $count } of { $max } characters
post-kept = Draft kept
post-translates-taken = The other post has a translation by now, or is gone. Saved again, this post stands alone; its page can link it.
post-empty-write = Write the text
post-kept-saved = Not kept: this form was saved already. Saving it again shows both versions.
post-unsaved = Not saved yet
post-unsaved-of = What you typed was not saved:
post-unsaved-behind = Somebody has saved the post since.
post-unsaved-continue = Continue with it
post-unsaved-discard = Discard it
post-unsaved-more = { $count ->
    [one] One more that was not saved
   *[other] { $count } more that were not saved
}
post-trash-text = Nobody but the office will notice. It stays in the trash for 30 days.
post-trash-several = { $count ->
    [one] Move one post to the trash?
   *[other] Move { $count } posts to the trash?
}
post-trash-several-public = { $count ->
    [one] Readers see one of them, and will be told that it is gone.
   *[other] Readers see { $count } of them, and will be told that they are gone.
}
post-trash-public = Readers will be told that it is gone. It stays in the trash for 30 days.
post-trashed = Posts in the trash
post-trashed-text = What has been here for 30 days is deleted for good.
post-trashed-at = Moved here
post-trash-empty = The trash is empty
post-trash-empty-text = Deleted posts wait here for 30 days.
post-yes = Yes
post-no = No
column-choose = Choose
flash-posts-created = { $title } was saved as a draft.
flash-posts-updated = { $title } was saved.
flash-posts-published = { $title } is public.
flash-posts-scheduled = { $title } will be published.
flash-posts-unpublished = { $title } is a draft again.
flash-posts-duplicated = This copy is a draft.
flash-posts-translated = The translations of { $title } were changed.
flash-posts-trashed = { $title } was moved to the trash.
flash-posts-restored = { $title } was restored.
flash-posts-discarded = What was not saved is discarded.
flash-posts-bulk-none = No post was chosen.
flash-posts-bulk-published = Published: { $count } of { $asked }.
flash-posts-bulk-unpublished = Drafts again: { $count } of { $asked }.
flash-posts-bulk-trashed = Moved to the trash: { $count } of { $asked }.
post-import = Import and export
