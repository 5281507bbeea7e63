### Okurların gördüğü hâliyle blog.

## Lists

blog-title = Blog
blog-heading = Blog
blog-lead = Küçük firmalar işe yarayan bir siteyi nasıl kurar, nasıl korur ve iş yerindeki yükümlülüklerini nasıl yerine getirir.
blog-description = Daha önemli işleri olan firmalar için web sitesi, barındırma, arama motorları, kişisel veriler ve iş güvenliği üzerine yazılar.
blog-category-title = { $name }
blog-category-description = “{ $name }” üzerine tüm yazılar, en yenisi önce.
blog-tag-title = “{ $name }” etiketli yazılar
blog-tag-description = “{ $name }” etiketini taşıyan tüm yazılar, en yenisi önce.
blog-author-title = { $name } imzalı yazılar
blog-author-description = { $name } imzasını taşıyan yazılar, en yenisi önce.
blog-page-title = { $title } – sayfa { $number }
blog-shelves = Kategoriler
blog-all = Hepsi
blog-posts = { $count } yazı
blog-featured = Öne çıkanlar
blog-newest = En yeni yazılar
blog-empty = Henüz bir şey yayımlanmadı. Yakında yine bekleriz.
blog-pages = Sayfalar
blog-page = Sayfa { $number } / { $pages }
blog-newer = Daha yeni yazılar
blog-older = Daha eski yazılar
blog-minutes = { $count } dakikalık okuma

## A post

blog-updated = Güncellendi:
blog-toc = Bu sayfada
blog-tags = Etiketler
blog-share = Paylaş
blog-share-mail = E-posta
blog-around = Bundan önceki ve sonraki yazı
blog-before = Önceki yazı
blog-after = Sonraki yazı
blog-related = İlgili yazılar

## Search

blog-search-label = Blogda ara
blog-search-go = Ara
blog-search-title = Blogda arama
blog-search-title-of = Arama: { $q }
blog-search-description = Blogdaki tüm yazılarda arayın.
blog-search-hits = Sonuçlar
blog-search-found = “{ $q }” { $count } yazıda geçiyor.
blog-search-many = “{ $q }” için en uygun { $count } yazı.
blog-search-short = Lütfen en az iki harfli bir sözcük arayın.
blog-search-nothing = Hiçbir yazıda “{ $q }” sözcüklerinin hepsi geçmiyor.
blog-search-hint = Daha az sözcükle ya da bir sözcüğün başıyla deneyin: “güven”, “güvenlik” geçen yazıları da bulur.
blog-search-prev = Önceki sonuçlar
blog-search-next = Diğer sonuçlar
blog-suggested = Belki bunlardan biri

## What is gone

blog-gone-title = Bu artık burada değil
blog-gone-text = Bu adreste bulunan şey kalıcı olarak kaldırıldı. Aradığınızın cevabı başka bir yazıda olabilir.
