### Makinelerin okudukları: akışlar ve site haritası.

feed-title = ProSektorWeb blogu
feed-shelf-title = { $name } · ProSektorWeb blogu
feed-description = Blogun yeni yazıları.
feed-gone = Bu yazı listesi artık burada değil.

map-pages = Türkçe sayfalar
map-posts = Türkçe son yazılar
map-feeds = Türkçe akışlar
map-home = Ana sayfa
map-blog = Blog
map-services = Hizmetlerimiz
map-about = Hakkımızda
map-pricing = Fiyatlar
map-portfolio = Portföy
map-contact = İletişim
map-privacy = Gizlilik
map-cookies = Çerezler
map-terms = Koşullar

public-mail-subject = Yazınız yayında: { $title }
public-mail-text = Planlandığı gibi “{ $title }” { $time } itibarıyla herkese açık.
