# Firmalar
company-new = Yeni firma
company-create = Firmayı ekle
company-edit-title = { $name } firmasını düzenle
company-in-trash = Bu firma çöp kutusunda. Taşındığı tarih:
company-tabs = Firma bölümleri
company-tab-overview = Özet
company-tab-contacts = İlgili kişiler
company-tab-notes = Notlar
company-tab-services = Hizmetler
company-tab-activities = Faaliyetler
company-tab-history = Geçmiş
company-facts = Firma bilgileri
company-all-contacts =
    { $count ->
        [0] Kişilere git
        [one] { $count } kişi
       *[other] { $count } kişinin tümü
    }
company-all-notes =
    { $count ->
        [0] Notlara git
        [one] { $count } not
       *[other] { $count } notun tümü
    }
company-all-activities =
    { $count ->
        [0] Faaliyetlere git
        [one] { $count } faaliyet
       *[other] { $count } faaliyetin tümü
    }
company-all-changes = Tüm geçmiş
company-count =
    { $count ->
        [one] { $count } firma
       *[other] { $count } firma
    }
company-csv = CSV indir

company-group-identity = Kimlik
company-group-reach = İletişim
company-group-safety = İş güvenliği
company-group-sales = Takip
company-name = Firma adı
company-name-hint = Ticaret unvanı, fatura üzerinde yazdığı gibi
company-tax-id = Vergi no / TC kimlik no
company-tax-id-short = Vergi no
company-tax-id-hint = 10 haneli vergi kimlik numarası, şahıs firmalarında 11 haneli TC kimlik numarası
company-tax-office = Vergi dairesi
company-email = E-posta
company-phone = Telefon
company-phone-hint = Örneğin 0312 444 00 00 ya da +49 30 123456
company-reach = İletişim
company-address = Adres
company-nace-code = NACE kodu
company-nace-code-hint = Altı hane, örneğin 43.21.01
company-danger-class = Tehlike sınıfı
company-danger-class-hint = NACE koduna karşılık gelen sınıf
company-source = Kaynak
company-source-hint = Firma bize nereden ulaştı?
company-status = Durum
company-created-at = Eklenme
company-updated-at = Güncelleme
company-blank = Seçilmedi

company-status-lead = Aday
company-status-prospect = Potansiyel
company-status-negotiation = Görüşülüyor
company-status-customer = Müşteri
company-status-churned = Ayrıldı
company-status-change = Durumu değiştir
company-status-new = Yeni durum
company-status-save = Durumu kaydet

company-source-website = Web sitesi
company-source-referral = Tavsiye
company-source-phone = Telefon
company-source-fair = Fuar
company-source-social_media = Sosyal medya
company-source-advertisement = Reklam
company-source-other = Diğer

danger-class-less_dangerous = Az tehlikeli
danger-class-dangerous = Tehlikeli
danger-class-very_dangerous = Çok tehlikeli

company-empty-title = Henüz firma yok
company-empty-text = İlk firmayı eklediğinizde burada listelenir; kişilerini, notlarını ve faaliyetlerini kendi sayfasında tutarsınız.
company-empty-text-read = Ofis ekibi firma eklediğinde burada görünür.
company-nothing-title = Bu ölçütlere uyan firma yok
company-nothing-text = Aramayı kısaltabilir, filtrelerden birini kaldırabilir ya da tümünü temizleyebilirsiniz.

# Arama ve filtreler
filter-q = Firma ara
filter-q-example = Ad, vergi no, e-posta
filter-any = Tümü
filter-apply = Filtrele
filter-set = Uygulanan filtreler
filter-clear = Filtreleri temizle
chip-q = Arama
chip-status = Durum
chip-source = Kaynak
chip-danger-class = Tehlike sınıfı
chip-created = Eklendiği ay
chip-remove = filtreyi kaldır

# Benzer kayıtlar ve çakışma
similar-title =
    { $count ->
        [one] Bu firma zaten kayıtlı olabilir
       *[other] Benzeyen { $count } kayıt var
    }
similar-tax-id = Vergi numarası aynı
similar-name = Adı benziyor
similar-confirm = Bu ayrı bir firma, yine de kaydet
conflict-title = Bu kayıt siz düzenlerken değişti
conflict-by = Kaydı { $name } değiştirdi
conflict-by-someone = Kaydı bir başkası değiştirdi
conflict-text = Yazdıklarınız aşağıda duruyor, henüz kaydedilmedi. İki hâli karşılaştırın: kaydederseniz sizin yazdıklarınız geçerli olur.
conflict-caption = Kayıtlı değerler ve sizin yazdıklarınız
conflict-field = Alan
conflict-theirs = Kayıtlı olan
conflict-mine = Sizin yazdığınız
conflict-reload = Yazdıklarımdan vazgeç, kayıtlı hâlini aç

# Ortak
form-save = Değişiklikleri kaydet
row-trash = Sil
column-actions = İşlemler
value-none = Belirtilmemiş
panel-empty-read = Ofis ekibi eklediğinde burada görünür.

# İlgili kişiler
contact-new = Kişi ekle
contact-create = Kişiyi ekle
contact-edit = Kişiyi düzenle
contact-name = Ad soyad
contact-title = Unvan
contact-title-hint = Örneğin İSG sorumlusu, muhasebe müdürü
contact-phone = Telefon
contact-email = E-posta
contact-is-primary = Öncelikli kişi
contact-is-primary-hint = Firmayla ilgili konularda ilk aranacak kişi. Her firmada en çok bir kişi öncelikli olur.
contact-primary = Öncelikli
contact-none = Henüz ilgili kişi yok
contact-none-text = Firmada kimi arayacağınızı bilmek için ilk kişiyi ekleyin.

# Notlar
note-new = Not ekle
note-create = Notu ekle
note-edit = Notu düzenle
note-body = Not
note-pinned = Üste sabitle
note-pinned-hint = Sabitlenen notlar listenin başında ve firmanın özetinde görünür.
note-is-pinned = Sabitlendi
note-pin = Sabitle
note-unpin = Sabitlemeyi kaldır
note-pinned-title = Sabitlenen notlar
note-pinned-none = Sabitlenen not yok.
note-none = Henüz not yok
note-none-text = Görüşmede konuşulanları, verilen sözleri ve unutulmaması gerekenleri buraya yazın.

# Faaliyetler
activity-new = Faaliyet ekle
activity-create = Faaliyeti ekle
activity-edit = Faaliyeti düzenle
activity-kind = Tür
activity-kind-call = Arama
activity-kind-email = E-posta
activity-kind-meeting = Toplantı
activity-kind-note = Not
activity-kind-task = Görev
activity-kind-reminder = Hatırlatma
activity-title = Konu
activity-title-hint = Örneğin Teklif için muhasebeyi ara
activity-body = Açıklama
activity-due-on = Tarih
activity-done = Tamamlandı
activity-done-hint = Yapılmış bir görüşmeyi kayda geçiriyorsanız işaretleyin.
activity-author = Ekleyen
activity-company = Firma
activity-due-overdue = Gecikti
activity-due-today = Bugün
activity-due-none = Tarih yok
activity-due-done = Tamamlandı
activity-mark-done = Tamamla
activity-reopen = Yeniden aç
activity-coming = Yaklaşan faaliyetler
activity-coming-none = Yaklaşan faaliyet yok.
activity-none = Henüz faaliyet yok
activity-none-text = Yapılacak aramayı, toplantıyı ya da görevi tarihiyle ekleyin; günü yaklaşınca Genel bakışta görünür.
activity-filter = Faaliyetleri filtrele
activity-filter-overdue = Gecikenler
activity-filter-today = Bugün
activity-filter-week = Bu hafta
activity-filter-open = Açık
activity-filter-done = Tamamlananlar
activity-mine = Yalnızca benim eklediklerim
activity-show-all = Herkesinkini göster
activity-empty-overdue = Geciken faaliyet yok
activity-empty-today = Bugün için faaliyet yok
activity-empty-week = Bu hafta için faaliyet yok
activity-empty-open = Açık faaliyet yok
activity-empty-done = Tamamlanan faaliyet yok
activity-empty-text = Faaliyetler firma sayfasından eklenir; tarihi geldiğinde burada sıralanır.
activity-empty-mine = Yalnızca sizin eklediklerinize bakıyorsunuz; başkalarının ekledikleri bu listede görünmez.

# Genel bakış
dashboard-empty-text = İlk firmayı eklediğinizde rakamlar, yaklaşan işler ve son değişiklikler burada görünür.
dashboard-by-status = Duruma göre firmalar
dashboard-total =
    { $count ->
        [one] Toplam { $count } firma
       *[other] Toplam { $count } firma
    }
dashboard-count = Firma sayısı
dashboard-share = Pay
dashboard-percent = %{ $share }
dashboard-status-link = { $status }: { $count } firma
dashboard-per-month = Aylara göre yeni firmalar
dashboard-overdue = Geciken faaliyetler
dashboard-overdue-none = Geciken faaliyet yok.
dashboard-coming = Yaklaşan faaliyetler
dashboard-coming-none = Önümüzdeki günler için faaliyet yok.
dashboard-all-activities =
    { $count ->
        [0] Faaliyetlere git
        [one] { $count } faaliyet
       *[other] { $count } faaliyetin tümü
    }
chart-as-table = Tablo olarak göster
chart-month = Ay

# Çöp kutusu
trash-lead = Çöp kutusundaki firmalar hiçbir listede ve toplamda yer almaz. 30 gün sonra kalıcı olarak silinir.
trash-confirm-title = { $name } çöp kutusuna taşınsın mı?
trash-confirm-text = Firma; kişileri, notları, faaliyetleri ve hizmetleriyle birlikte listelerden kalkar, hizmetleri yenilenmez. Çöp kutusundan geri alabilirsiniz.
trash-by = Taşıyan
trash-at = Taşınma
trash-empty-title = Çöp kutusu boş
trash-empty-text = Çöp kutusuna taşınan firmalar ve hizmetler burada bekler ve geri alınabilir.
trash-empty-companies = Çöp kutusunda firma yok.
trash-empty-action = Firmalara dön

# Geçmiş
change-latest = Son değişiklikler
change-none = Henüz değişiklik yok
change-none-text = Firmada yapılan her değişiklik, kimin ne zaman yaptığıyla burada görünür.
change-before = önceki:
change-after = yeni:
change-empty = boş
change-yes = evet
change-no = hayır
change-nobody = Sistem
audit-companies-create = Firma eklendi
audit-companies-update = Firma bilgileri güncellendi
audit-companies-status = Durum değiştirildi
audit-companies-purge = Kalıcı olarak silindi
audit-companies-trash = Çöp kutusuna taşındı
audit-companies-restore = Çöp kutusundan geri alındı
audit-contacts-create = İlgili kişi eklendi
audit-contacts-update = İlgili kişi güncellendi
audit-contacts-trash = İlgili kişi silindi
audit-contacts-restore = İlgili kişi geri alındı
audit-notes-create = Not eklendi
audit-notes-update = Not güncellendi
audit-notes-trash = Not silindi
audit-notes-restore = Not geri alındı
audit-notes-pin = Notun sabitlenmesi değiştirildi
audit-activities-create = Faaliyet eklendi
audit-activities-update = Faaliyet güncellendi
audit-activities-trash = Faaliyet silindi
audit-activities-restore = Faaliyet geri alındı
audit-activities-done = Faaliyetin tamamlanma durumu değiştirildi

# Bildirimler
flash-companies-created = { $name } eklendi.
flash-companies-updated = { $name } güncellendi.
flash-companies-trashed = { $name } çöp kutusuna taşındı.
flash-companies-restored = { $name } geri alındı.
flash-companies-status = { $name } firmasının durumu değiştirildi.
flash-contacts-created = { $name } ilgili kişilere eklendi.
flash-contacts-updated = { $name } güncellendi.
flash-contacts-trashed = { $name } ilgili kişilerden silindi.
flash-contacts-restored = { $name } geri alındı.
flash-notes-created = Not eklendi.
flash-notes-updated = Not güncellendi.
flash-notes-trashed = Not silindi.
flash-notes-restored = Not geri alındı.
flash-notes-pinned = Notun sabitlenmesi değiştirildi.
flash-activities-created = “{ $name }” eklendi.
flash-activities-updated = “{ $name }” güncellendi.
flash-activities-trashed = “{ $name }” silindi.
flash-activities-restored = “{ $name }” geri alındı.
flash-activities-done = “{ $name }” tamamlandı.
flash-activities-reopened = “{ $name }” yeniden açıldı.

# CSV sütun başlıkları
csv-name = Firma adı
csv-tax-id = Vergi no / TC kimlik no
csv-tax-office = Vergi dairesi
csv-email = E-posta
csv-phone = Telefon
csv-address = Adres
csv-nace-code = NACE kodu
csv-danger-class = Tehlike sınıfı
csv-source = Kaynak
csv-status = Durum
csv-created-at = Eklenme tarihi
