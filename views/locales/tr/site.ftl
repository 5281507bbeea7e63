### Firmayı anlatan sayfalar: okurun çevresinde gördükleri ve ofisin yazdığı yer.

nav-menu = Menü
nav-tools = Dil ve hesap
nav-foot = Yasal bilgiler ve iletişim
nav-feed = Akış
nav-site-pages = Site sayfaları

site-write-to-us = Bize yazın
site-see-services = Hizmetlerimiz

contact-page-privacy = Neyi, neden ve ne kadar süreyle kaydettiğimiz:

error-public-404-text = Adres yanlış yazılmış ya da sayfa taşınmış olabilir. Başka bir şey bozulmadı.
error-public-search = Blogda arayın
error-public-search-go = Ara
error-public-instead = Buradan nereye?
error-public-services = web sitesi, barındırma, SEO ve bakım
error-public-blog = web siteleri ve iş güvenliği üzerine yazdıklarımız
error-public-contact = bir insana sorun

page-kind = Sayfa
page-kind-home = Ana sayfa
page-kind-what-we-do = Hizmetlerimiz
page-kind-about = Hakkımızda
page-kind-pricing = Fiyatlar
page-kind-portfolio = Portföy
page-kind-contact = İletişim
page-kind-privacy = Gizlilik
page-kind-cookies = Çerezler
page-kind-terms = Koşullar
page-list-lead = Herkese açık sitenin iki dilde söyledikleri. Henüz kimsenin kaydetmediği sayfa, ürünle gelen metni gösterir: site yayına alınmadan önce firmanın adı ve adresi doldurulmalıdır.
page-title = Başlık
page-lead = Giriş
page-lead-hint = Başlığın altında bir iki cümle, en çok 500 karakter.
page-body = Metin
page-meta-title = Arama motorları için başlık
page-meta-description = Arama motorları için açıklama
page-meta-description-hint = En çok 160 karakter. Boş bırakılırsa giriş kullanılır.
page-page = Sayfa
page-revision = Sürüm
page-restored = Geri getirilen sürüm
page-saved = Kaydedildi
page-brought = Başlangıç metni
page-never = Hiç kaydedilmedi
page-view = Sayfayı gör
page-save = Kaydet ve okura göster
page-revisions = Sürümler
page-restore = Bu metni yeniden kaydet

flash-site-pages-updated = “{ $title }” kaydedildi ve okunabiliyor.
flash-site-pages-restored = Önceki metin geri geldi.

audit-site-pages-update = Site sayfası değiştirildi
audit-site-pages-restore = Site sayfasının önceki metni geri getirildi
