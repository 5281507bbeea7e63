### Önbellekte ne olduğu, yöneticiler için.

nav-cache = Önbellek

cache-redis = Redis
cache-redis-none = Kullanılmıyor
cache-redis-up = Bağlı
cache-redis-deaf = Bağlı, ama değişiklikleri iletmiyor
cache-redis-away = Ulaşılamıyor
cache-entries = Değer
cache-size = Boyut
cache-size-of = { $max } KiB içinden { $kib } KiB
cache-kib = { $kib } KiB
cache-families = Aileler
cache-families-text = Bu sunucu başladığından beri sayılanlar. Değerler bellekte tutulur; Redis varsa bütün sunucular onu paylaşır.
cache-family = Aile
cache-rate = İsabet oranı
cache-percent = %{ $percent }
cache-here = Bellekten
cache-shared = Redis’ten
cache-saved = Birlikte bekleyen
cache-stale = Eskisi verilen
cache-loads = Yükleme
cache-took = Ortalama yükleme
cache-millis = { $millis } ms
cache-errors = Başarısız
cache-evictions = Yer açmak için atılan
cache-purge = Boşalt
cache-purge-title = Adıyla boşalt
cache-tag = Ne boşaltılsın
cache-tag-hint = Tam bir anahtar, dashboard:stats: gibi bir aile ya da dashboard: gibi bir grup; sonundaki iki noktayla. Biri istediğinde yeniden yüklenir.
error-cache-tag-empty = Neyin boşaltılacağını yazın.
error-cache-tag-unknown = Önbellekte böyle anahtarları olan bir aile yok.
flash-cache-purged = Bütün sunucularda boşaltıldı: { $tag }
permission-cache-manage = Önbelleği görme ve boşaltma
audit-cache-purge = Önbellek boşaltıldı
