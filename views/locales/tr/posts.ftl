### Yazanların gördüğü hâliyle blog.

permission-blog-read = Taslaklar dâhil yazıları görmek
permission-blog-write = Yazı, kategori ve etiketleri düzenlemek
permission-blog-publish = Yazıları yayımlamak ve yayından kaldırmak

post-title = Başlık
post-slug = Adres
post-lang = Dil
post-excerpt = Özet
post-revision = Metin, sürümüne göre
post-category = Kategori
post-tags = Etiketler
post-meta-title = Arama motorları için başlık
post-meta-description = Arama motorları için açıklama
post-featured = Öne çıkan
post-cover-alt = Kapak görselinin açıklaması
post-status = Durum
post-published-at = Yayım zamanı
post-translation = Çeviriler
post-count = Yazı sayısı
post-copy = { $title } (kopya)
category-name = Ad
category-slug = Adres
tag-name = Ad
tag-slug = Adres

error-slug = Adres harf ve rakamlardan oluşur.
error-slug-reserved = Bu adres blogun başka bir sayfasına ait.
error-slug-taken = Bu adres başka bir yazıya ait. { $free } boşta.
error-label-taken = Bu ad veya adres başka birine ait.
error-too-many-tags = En çok { $max } etiket eklenebilir.
error-body-too-long = Metin çok uzun: en çok 256 KB olabilir.
error-body-too-deep = İç içe çok fazla alıntı, liste veya öğe var.
error-translation = Bu dilde çevirisi olmayan, başka dilde bir yazı seçin.
error-schedule-past = Bu zaman geçti. Yazıyı doğrudan yayımlayın.

# Denetim kaydında, bir firmaya bağlı olmayan işlemler
audit-categories-create = Kategori oluşturuldu
audit-categories-merge = Kategori bir başkasıyla birleştirildi
audit-categories-update = Kategori değiştirildi
audit-posts-create = Yazı oluşturuldu
audit-posts-export = Yazılar dosya olarak alındı
audit-posts-import = Yazının tarihleri dosyadan alındı
audit-posts-publish = Yazı yayımlandı
audit-posts-purge = Yazı kalıcı olarak silindi
audit-posts-restore = Yazı çöp kutusundan geri alındı
audit-posts-schedule = Yazının yayımı zamanlandı
audit-posts-translate = Yazının çevirileri değiştirildi
audit-posts-trash = Yazı çöp kutusuna taşındı
audit-posts-unpublish = Yazı yeniden taslak yapıldı
audit-posts-update = Yazı değiştirildi
audit-tags-create = Etiket oluşturuldu
audit-tags-merge = Etiket bir başkasıyla birleştirildi
audit-tags-update = Etiket değiştirildi
