### Categories and tags, a post's revisions, links to previews.

shelf-posts = Posts
shelf-tabs = Parts of the blog
shelf-title =
    { $kind ->
        [tag] Tags
       *[category] Categories
    }
shelf-new =
    { $kind ->
        [tag] New tag
       *[category] New category
    }
shelf-create =
    { $kind ->
        [tag] Add tag
       *[category] Add category
    }
shelf-edit-title = Edit { $name }
shelf-filter-q =
    { $kind ->
        [tag] Search tags
       *[category] Search categories
    }
shelf-nothing-title =
    { $kind ->
        [tag] No tag matches
       *[category] No category matches
    }
shelf-nothing-text = Shorten the search or clear it.
shelf-none-title =
    { $kind ->
        [tag] No tags in this language yet
       *[category] No categories in this language yet
    }
shelf-none-text =
    { $kind ->
        [tag] Tags come with the posts that carry them. You can also add one here.
       *[category] Posts are filed under categories. Add the first one.
    }
shelf-name-hint = Names that differ only in capitals, dots or accents count as one.
shelf-slug-hint = Part of the web address. Left empty, it follows from the name: İş Güvenliği becomes is-guvenligi.
shelf-slug-keeps = Now at { $path }. If you change it, the old address leads to the new one.
shelf-merge = Merge
shelf-delete = Delete
shelf-merge-title = Merge { $name } into another
shelf-merge-text =
    { $count ->
        [0] No post is there. Choose which one its address should lead to.
        [one] One post is there. Choose where it should go.
       *[other] { $count } posts are there. Choose where they should go.
    }
shelf-merge-into = Merge into
shelf-merge-next = Continue
shelf-merge-other = Choose another
shelf-merge-confirm = Merge { $name } into { $into }?
shelf-merge-moves =
    { $count ->
        [0] No post moves.
        [one] One post moves to { $into }.
       *[other] { $count } posts move to { $into }.
    }
shelf-merge-leads = { $path } leads to { $into } from now on.
shelf-merge-final = { $name } is no more. This cannot be undone.
shelf-merge-alone =
    { $kind ->
        [tag] There is no other tag in this language
       *[category] There is no other category in this language
    }
shelf-merge-alone-text = Add the one that should take over its posts first.
shelf-delete-title = Delete { $name }?
shelf-delete-posts =
    { $kind ->
        [tag]
            { $count ->
                [0] No post has this tag.
                [one] One post stays, without this tag.
               *[other] { $count } posts stay, without this tag.
            }
       *[category]
            { $count ->
                [0] No post is filed here.
                [one] One post stays, without a category.
               *[other] { $count } posts stay, without a category.
            }
    }
shelf-delete-gone = { $path } tells readers and search engines that it is gone.
shelf-delete-final =
    { $kind ->
        [tag] The tag is deleted for good. To keep its posts together, merge it into another instead.
       *[category] The category is deleted for good. To keep its posts together, merge it into another instead.
    }
flash-shelf-created = { $name } was added.
flash-shelf-renamed = { $name } was saved.
flash-shelf-merged = { $name } was merged.
flash-shelf-deleted = { $name } was deleted.
error-label-name-taken = { $name } is there already. Capitals, dots and accents make no difference.
error-label-slug-taken = { $name } has this address already.
error-tag-comma = Commas and semicolons stand between the tags of a post. Leave them out of the name.

revision-list = Revisions
revision-title = Revisions of { $title }
revision-lead = Each save is kept. Restoring one is a save as well, so nothing is lost.
revision-number = Revision
revision-name = Revision { $number }
revision-at = Saved
revision-by = By
revision-changed = What changed
revision-words = Words
revision-newest = Current
revision-first = First version
revision-nothing = Nothing
revision-compare = Compare
revision-compare-title = Revision { $from } and { $to }
revision-restore = Restore revision { $number }
revision-from = From
revision-to = To
revision-same = These two say the same.
revision-tally = Words in the text: { $added } added, { $removed } removed.
revision-key = This is how they look:
revision-body = Text
revision-cover = Cover
revision-category-gone = A category that was deleted
revision-refused = It cannot be restored as it was
revision-restore-title = Restore revision { $number }?
revision-restore-says = The post says again what it said on { $at }, under the title “{ $title }”: text, address, category, tags and all.
revision-restore-keeps = What it says now stays in the list of revisions.
revision-restore-readers = If the post is public, readers see the change at once.
revision-restore-compare = See what would change
revision-moved-on = The post was changed a moment ago, and nothing was restored. Look at what it says now; then you can still restore this revision.
diff-removed = removed
diff-added = added
diff-skipped =
    { $count ->
        [one] One line without a change
       *[other] { $count } lines without a change
    }
flash-revision-restored = Revision { $number } was restored.{ $kept ->
    [cover] { " " }Its cover is gone or in the trash, so the cover stays as it is.
    [slug] { " " }Its address is taken, so the present one stays.
    [both] { " " }Its cover is gone or in the trash and its address is taken, so both stay as they are.
   *[none] { "" }
}

preview-links-title = Preview link
preview-links-text = Whoever has the link reads this post as it stands then, without an account, for seven days. Search engines do not list it.
preview-url = Link
preview-until = The link works until { $at }.
preview-none = No link works at the moment.
preview-open = Open the preview
preview-make = Make a link
preview-make-again = Make a link for seven more days
preview-void = Make all links void
preview-void-text = Then no link that was given away works any more, this one included.
preview-back = Back to the post
preview-notice = This is a preview. It is not public: only those who have the link see it.
preview-by = By { $name }
preview-undated = not published yet
preview-minutes =
    { $count ->
        [one] one minute to read
       *[other] { $count } minutes to read
    }
preview-toc = Contents
preview-gone-title = This preview does not exist
preview-gone-text = Links to previews work for seven days and can be withdrawn. Ask whoever sent it to you for a new one.
flash-preview-made = The link works for seven days.
flash-preview-void = No link to the preview works any more.

audit-categories-delete = Category deleted
audit-tags-delete = Tag deleted
audit-posts-preview = Link to a preview made
audit-posts-preview-void = Links to a preview made void

import-title = Import and export
import-text = Posts come as a JSON file: a list of objects with slug, title, excerpt, markdown or html, category, tags and dates. A post whose address is here already is changed. First you see what would happen; nothing is written before you say so.
import-file = File
import-file-hint = JSON, up to 10 MB and 1,000 posts. Folders of Markdown and image files are for the command line.
import-lang = Language
import-lang-hint = Of posts that do not tell theirs.
import-look = Check the file
import-would = Nothing is written yet. There would be
import-was = This was done:
import-sum-created = { $count } created
import-sum-updated = { $count } updated
import-sum-unchanged = { $count } unchanged
import-sum-refused = { $count } refused
import-public = Posts with a date that has passed are public at once.
import-run =
    { $count ->
        [one] Import one post
       *[other] Import { $count } posts
    }
import-close = Close the report
import-told = To look at
import-others =
    { $count ->
        [one] One post without remarks
       *[other] { $count } posts without remarks
    }
import-place = No.
import-post = Post
import-outcome = Result
import-outcome-created = created
import-outcome-updated = updated
import-outcome-unchanged = unchanged
import-outcome-refused = refused
import-notes = Remarks
import-export = Take all posts away
import-export-text = One JSON file with every post that is not in the trash, drafts included. Images are named by their addresses here. It can be imported again.
import-export-do = Download posts.json
error-import-json = This file is no list of posts in JSON.
error-import-count = A file holds 1 to { $max } posts. The command line takes more.
flash-import-done = The posts were imported.

# What is told of a post of a file. What stands before these words is the field or the file that is meant.
import-no-front = There is no front matter between two lines of ---.
import-unreadable = It cannot be read: { $error }
import-failed = It could not be written; the log says why.
import-unfit = It does not fit what is here.
import-same-slug = It has the same slug as { $place }.
import-lang-unknown = “{ $lang }” is no language: tr or en.
import-lang-missing = No language is told: name one with --lang.
import-empty = There is nothing to read in it.
import-date = “{ $date }” is no date.
import-status = “{ $status }” is no status: draft, scheduled or published.
import-others-unknown = Not known, so not taken: { $names }.
import-unpublished = It is a draft in the file: readers do not see it any more.
import-bodies = It has more than one of html, markdown and content.
import-name-control = A name holds control characters.
import-name-length = “{ $name }” is no name of 1 to { $max } letters.
import-cut = It was cut to { $max } letters.
import-author = Its author { $email } is nobody here.
import-translation = “{ $slug }” is the translation already.
import-cover-words = There is none, so the title was taken: say what the cover shows.
import-image-foreign = This image lies elsewhere and is not fetched.
import-image-outside = This is no path within the folder, so the image was not taken.
import-image-missing = There is no such file, so the image was not taken.
import-image-unknown = No image with this address is here.
import-image-no-files = Image files come in by the command line alone, so the image was not taken.
import-image-wordless = The text does not say what this image shows (alt), so it was not taken.
