### The library of images, and uploading to it.

nav-images = Images

image-all = All images
image-parts = Parts of the library
image-trash = Trash
image-undescribed = Without description
image-filter-q = Search by name or description
image-none = No images yet
image-none-text = Upload the first one: JPEG, PNG, WebP or GIF.
image-nothing = Nothing found
image-nothing-text = No image has all of these words.
image-trash-empty = The trash is empty
image-trash-empty-text = What is thrown away stays here for 30 days.

image-upload = Upload images
image-upload-file = Image files
image-upload-hint = JPEG, PNG, WebP or GIF (its first picture), at most 10 MB each and 40 megapixels, ten at a time. Places and cameras noted in the file are removed.
image-words-hint = Say what the image shows, for readers who do not see it. One language is enough; the other one then borrows it.
image-alt-en = Description in English
image-alt-tr = Description in Turkish
image-name = Name
image-save = Save
image-describe-title = { $count ->
    [one] Describe the image
   *[other] Describe { $count } images
  }
image-describe-text = They are kept. An image needs a description before posts should show it.
image-describe-save = Save description
image-refused-title = { $count ->
    [one] A file was not taken
   *[other] { $count } files were not taken
  }
image-refused-empty = The file is empty.
image-refused-too-large = The file is larger than 10 MB. Save it smaller.
image-refused-svg = SVG files can hold scripts and are not taken. Save it as PNG.
image-refused-heic = HEIC and AVIF files are not taken. Save it as JPEG.
image-refused-kind = This is no JPEG, PNG, WebP or GIF file.
image-refused-dimensions = The image has more than 40 megapixels, or a side longer than 12,000. Save it smaller.
image-refused-heavy = Reading the image would take too much memory. A progressive JPEG may have 22 megapixels, a PNG or GIF 25, a WebP 13, an ordinary JPEG 40. Save it smaller.
image-refused-broken = The file is damaged or was cut off.
image-refused-too-many = At most { $max } uploads a day.
image-refused-text = Its smaller sizes could not be made.
image-encode-again = Try again
image-state-new = Sizes being made
image-state-refused = Not usable

image-size = Size in pixels
image-format = Format
image-uploaded-at = Uploaded
image-markdown = In a text
image-copy = Copy
image-copied = Copied
image-uses = Where it is shown
image-uses-none = No post and no page shows it.
image-conflict-title = Somebody else has changed this image meanwhile
image-conflict-text = This is what it says now. Saving replaces it with what you have typed.
image-trash-title = Move { $name } to the trash?
image-trash-used = { $count ->
    [one] One place shows it and will show its description instead:
   *[other] { $count } places show it and will show its description instead:
  }
image-trash-text = It can be restored for 30 days.

image-choice-none = No image
image-choice-trashed = In the trash: readers do not see it.
image-choice-search = Search
image-open-library = Open the library
image-insert = Insert images (or drop or paste them into the text)
image-uploading = Uploading…
image-uploaded = Uploaded and chosen.
image-inserted = Inserted. Write what the image shows between the square brackets.
image-upload-failed = The upload failed. Try again.

error-image-none = Choose an image file.
error-image-undescribed = Describe the image in at least one language.
error-image-alt = Each image needs a description between its square brackets: ![what it shows](…).
error-image-unknown = Choose an image of the library.

flash-images-uploaded = { $count ->
    [one] Image uploaded.
   *[other] { $count } images uploaded.
  }
flash-images-updated = { $name } saved.
flash-images-trashed = { $name } moved to the trash.
flash-images-restored = { $name } restored.
flash-images-again = The sizes are being made again.

audit-images-create = Image uploaded
audit-images-encode = Sizes of an image made again
audit-images-purge = Image deleted for good
audit-images-restore = Image restored from the trash
audit-images-trash = Image moved to the trash
audit-images-update = Image described
