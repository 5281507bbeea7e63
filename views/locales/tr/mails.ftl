# E-postalar
company-tab-mails = E-postalar
mail-subject = Konu
mail-to = Alıcı
mail-state = Durum
mail-state-queued = Yolda
mail-state-sent = Gönderildi
mail-state-failed = Teslim edilemedi
mail-state-off = Gönderilmedi
mail-error = Son sorun
mail-created-at = Yazıldı
mail-sent-at = Gönderilme zamanı
mail-attempts = Deneme
mail-lang = Dil
mail-again = Yeniden gönderildi
mail-original = Önceki e-posta
mail-all = Tüm e-postalar
mail-html = Alıcının gördüğü biçimde aç
mail-resend = Yeniden gönder
mail-none = Henüz e-posta yok
mail-none-text = Bu firmaya gönderilen e-postalar, her birinin akıbetiyle birlikte burada saklanır.
mail-is-off = E-posta kapalı: bir e-posta sunucusu ayarlanana kadar hiçbir şey gönderilmez. E-postalar yine de burada kayda geçer.
mail-is-outbox = E-posta sunucusu ayarlı değil: e-postalar gönderilmek yerine dosya olarak saklanıyor.

mail-trouble-timed_out = E-posta sunucusu zamanında yanıt vermedi
mail-trouble-connection = E-posta sunucusuna ulaşılamadı ya da bağlantı koptu
mail-trouble-tls = E-posta sunucusuyla güvenli bağlantı kurulamadı
mail-trouble-protocol = E-posta sunucusu bizi anlamadı
mail-trouble-message = E-posta oluşturulamadı
mail-trouble-interrupted = Deneme yarıda kesildi
mail-trouble-discarded = Teslimat bir yönetici tarafından durduruldu
mail-trouble-off = E-posta kapalıydı

outbox-title = Giden kutusu
outbox-lead = Gönderilecek olan en yeni { $count } e-posta. Hiçbiri kimseye ulaşmadı.
outbox-none = Giden kutusu boş
outbox-none-text = E-posta sunucusu ayarlanmadığı sürece gönderilecek e-postalar burada saklanır.
outbox-unknown = Veritabanı bu e-postayı tanımıyor
outbox-log = Firmanın e-postalarında göster
outbox-source = E-postanın gönderilecek hâli

mail-foot = ProSektorWeb tarafından otomatik gönderildi.
mail-unsubscribe = Bu e-postaları artık alma
mail-test-subject = { $name } için deneme e-postası
mail-test-text = Bu e-posta, ProSektorWeb’in { $name } adresine e-posta gönderebildiğini gösterir. Yapmanız gereken bir şey yok.

flash-mails-resent = E-posta yeniden yola çıktı.
flash-mails-resent-off = E-posta yeniden kayda geçti, ancak e-posta kapalı olduğu için gönderilmiyor.
audit-mails-resend = E-posta yeniden gönderildi
