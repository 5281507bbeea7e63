# Hizmetler
service-new = Yeni hizmet
service-create = Hizmeti ekle
service-edit-title = { $name } hizmetini düzenle
service-search = Hizmet ara
service-search-example = Hizmet ya da firma
service-facts = Hizmet bilgileri
service-group-what = Hizmet
service-group-price = Ödeme
service-group-dates = Tarihler
service-name = Hizmet adı
service-name-hint = Hatırlatmalarda göründüğü gibi, örneğin acme.com.tr barındırma
service-company = Firma
service-type = Tür
service-price = Ücret
service-price-hint = Bir dönem için, örneğin 1.234,56
service-currency = Para birimi
service-cycle = Ödeme dönemi
service-status = Durum
service-starts-on = Başlangıç
service-renews-on = Sonraki yenileme
service-renews-on-hint = Boş bırakırsanız başlangıç tarihinden hesaplanır.
service-renews-in = Yenilendiği ay
service-cancelled-on = İptal tarihi
service-created-at = Eklenme
service-notes = Notlar
service-all-mails = Firmanın bütün e-postaları
service-cancel = Hizmeti iptal et
service-resume = Hizmeti yeniden başlat
service-type-hosting = Barındırma
service-type-domain = Alan adı
service-type-seo = SEO
service-type-maintenance = Bakım
service-type-social_media = Sosyal medya
service-type-ads = Reklam
service-type-other = Diğer
service-cycle-monthly = Aylık
service-cycle-yearly = Yıllık
service-cycle-once = Tek seferlik
service-cycle-recurring = Yenilenenlerin tümü
service-status-active = Etkin
service-status-cancelled = İptal edildi
service-status-expired = Süresi doldu
service-empty-title = Henüz hizmet yok
service-empty-text = Hizmetler firma sayfasından eklenir ve burada sonraki yenileme tarihine göre sıralanır.
service-nothing-title = Bu ölçütlere uyan hizmet yok
service-none = Henüz hizmet yok
service-none-text = Bu firmanın aldığı hizmetleri ekleyin; yenilemeler ve hatırlatmalar kendiliğinden gelir.
service-trash-text = Hizmet listelerden ve rakamlardan kalkar, artık yenilenmez. Çöp kutusundan geri alabilirsiniz.
service-trash-lead =
    { $count ->
        [one] Çöp kutusunda { $count } hizmet var.
       *[other] Çöp kutusunda { $count } hizmet var.
    }
currency-TRY = Türk lirası (TRY)
currency-USD = ABD doları (USD)
currency-EUR = Avro (EUR)
error-renews-on = Sonraki yenileme başlangıçtan önce ya da bir yıldan eski olamaz.
error-renews-on-renewed = { $date } tarihine kadar zaten yenilendi; sonraki yenileme bu tarihten sonra olmalıdır.

# Yenilemeler ve hatırlatmalar
renewal-title = Yenilemeler
renewal-none = Henüz yenileme yok.
renewal-period = Dönem
renewal-amount = Tutar
renewal-made = Yenilenme
renewal-number = Yenileme sayısı
renewal-count =
    { $count ->
        [one] { $count } yenileme
       *[other] { $count } yenileme
    }
reminder-title = Hatırlatmalar
reminder-none = Henüz hatırlatma yok.
reminder-to = Hatırlatma adresi
reminder-date = Yenileme tarihi
reminder-noted = Kayıt
reminder-step =
    { $days ->
        [0] Yenileme günü
        [one] { $days } gün önce
       *[other] { $days } gün önce
    }
reminder-outcome-mailed = Gönderildi
reminder-outcome-no_address = Adres yok
reminder-outcome-mail_off = E-posta kapalı
reminder-outcome-passed = Atlandı
reminder-warning-no-address = Hatırlatmalar kimseye ulaşmıyor: öncelikli kişinin de firmanın da e-posta adresi yok.
reminder-warning-mend = Kişilere bir adres ekleyin
reminder-warning-mail-off = E-posta kapalı olduğu için hatırlatmalar gönderilmiyor.
reminder-subject = { $name }: yenileme tarihi { $date }
reminder-subject-today = { $name } bugün yenileniyor ({ $date })
reminder-subject-past = { $name } yenilendi ({ $date })
reminder-text =
    { $days ->
        [one] { $company } için sunduğumuz { $service } hizmeti { $days } gün sonra, { $date } tarihinde yenilenecek.
       *[other] { $company } için sunduğumuz { $service } hizmeti { $days } gün sonra, { $date } tarihinde yenilenecek.
    }
reminder-text-today = { $company } için sunduğumuz { $service } hizmeti bugün yenileniyor.
reminder-text-past = { $company } için sunduğumuz { $service } hizmeti { $date } tarihinde yenilendi.
reminder-answer = Değiştirmek, sonlandırmak ya da bir şey sormak isterseniz bu e-postayı yanıtlayın; ofisimiz okur.
mail-hello = Merhaba,
mail-hello-name = Sayın { $name },

# Geçmiş ve bildirimler
audit-services-create = Hizmet eklendi
audit-services-update = Hizmet güncellendi
audit-services-cancel = Hizmet iptal edildi
audit-services-resume = Hizmet yeniden başlatıldı
audit-services-purge = Hizmet kalıcı olarak silindi
audit-services-renew = Hizmet yenilendi
audit-services-trash = Hizmet çöp kutusuna taşındı
audit-services-restore = Hizmet geri alındı
flash-services-created = { $name } eklendi.
flash-services-updated = { $name } güncellendi.
flash-services-cancelled = { $name } iptal edildi, artık yenilenmeyecek.
flash-services-resumed = { $name } yeniden başladı.
flash-services-trashed = { $name } çöp kutusuna taşındı.
flash-services-restored = { $name } geri alındı.
chip-type = Tür
chip-cycle = Ödeme dönemi
chip-currency = Para birimi
chip-renews = Yenilendiği ay

# Genel bakış
dashboard-recurring = Aylık düzenli gelir
dashboard-recurring-none = Henüz yenilenen hizmet yok.
dashboard-renewing = Yaklaşan yenilemeler
dashboard-renewing-none = Önümüzdeki 30 gün içinde yenileme yok.
dashboard-all-services = Yenilenen tüm hizmetler
dashboard-renewals = Aylara göre yenilemeler
