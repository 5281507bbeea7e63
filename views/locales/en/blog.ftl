### The blog as its readers see it.

## Lists

blog-title = Blog
blog-heading = Blog
blog-lead = How small firms get a web site that works, keep it safe, and meet their duties at the workplace.
blog-description = Articles about web sites, hosting, search engines, personal data and safety at work, for firms that have better things to do.
blog-category-title = { $name }
blog-category-description = All posts about “{ $name }”, the newest first.
blog-tag-title = Posts on “{ $name }”
blog-tag-description = All posts with the tag “{ $name }”, the newest first.
blog-author-title = Posts by { $name }
blog-author-description = What { $name } has written, the newest first.
blog-page-title = { $title } – page { $number }
blog-shelves = Categories
blog-all = All
blog-posts =
    { $count ->
        [one] one post
       *[other] { $count } posts
    }
blog-featured = Featured
blog-newest = Newest posts
blog-empty = Nothing has been published yet. Please come back soon.
blog-pages = Pages
blog-page = Page { $number } of { $pages }
blog-newer = Newer posts
blog-older = Older posts
blog-minutes =
    { $count ->
        [one] 1 minute to read
       *[other] { $count } minutes to read
    }

## A post

blog-updated = Updated
blog-toc = On this page
blog-tags = Tags
blog-share = Share
blog-share-mail = E-mail
blog-around = Posts before and after this one
blog-before = Previous post
blog-after = Next post
blog-related = Related posts

## Search

blog-search-label = Search the blog
blog-search-go = Search
blog-search-title = Search the blog
blog-search-title-of = Search: { $q }
blog-search-description = Search all posts of the blog.
blog-search-hits = Results
blog-search-found =
    { $count ->
        [one] One post has “{ $q }”.
       *[other] { $count } posts have “{ $q }”.
    }
blog-search-many = The best { $count } posts for “{ $q }”.
blog-search-short = Please search for a word of at least two letters.
blog-search-nothing = No post has all of “{ $q }”.
blog-search-hint = Try fewer words, or the beginning of a word: “secur” finds “security”, too.
blog-search-prev = Previous results
blog-search-next = More results
blog-suggested = Perhaps one of these

## What is gone

blog-gone-title = This is no longer here
blog-gone-text = What was at this address has been taken down for good. Something else may answer your question.
