### Giriş yapan kişiler, davetleri ve kimin ne yapabileceği.

nav-users = Kullanıcılar

user-new = Kullanıcı davet et
user-new-client = Müşteri davet et
user-invite = Daveti gönder
user-invite-again = Daveti yeniden gönder
user-edit-title = Düzenle: { $name }
user-deactivate = Devre dışı bırak
user-reactivate = Yeniden etkinleştir
user-of-company = Giriş yapabilen kişiler
user-of-company-all = Hepsini gör
user-facts = Hesap
user-changes = Son değişiklikler
user-audit = Yaptığı işlemler

user-name = Ad soyad
user-email = E-posta
user-own-email = Kendi adresinizi hesabınızdan değiştirin
user-email-hint = Bu adresle giriş yapar, davet de buraya gider.
user-role = Rol
user-role-hint = Rollerin neler yapabildiği yetkiler sayfasındadır.
user-company = Firma
user-company-hint = Müşteriler için zorunlu: firmanın adı veya ilk harfleri. Müşteri bu firmadan başkasını görmez. Diğer roller için boş bırakılır.
user-company-which = Hangisi
user-company-trashed = Çöp kutusunda
user-company-trashed-text = Bağlı olduğu firma çöp kutusunda: firma geri alınana kadar giriş yapamaz.
user-locale = Dil
user-locale-hint = Davetin dili. Kişi sonradan değiştirebilir.
user-created-at = Eklendi
user-sessions = Açık oturumlar
user-active = Giriş yapabilir
user-ended = Sayısı

user-state = Durum
user-state-active = Etkin
user-state-invited = Davet edildi
user-state-deactivated = Devre dışı

user-filter-q = Kullanıcı ara
user-filter-q-example = Ad veya e-posta
user-none = Eşleşen kullanıcı yok
user-none-company = Bu firma için henüz kimse giriş yapmıyor
user-none-company-text = İlk kişiyi davet edin: parolasını kendisi belirler.
chip-role = Rol
chip-state = Durum
chip-company = Firma

user-device = Cihaz
user-device-unknown = Bilinmeyen cihaz
user-ip = IP adresi
user-signed-in-at = Giriş
user-seen-at = Son görülme
user-session-end = Sonlandır
user-session-this = bu oturum
user-sessions-end-all = Tümünü sonlandır
user-sessions-none = Açık oturumu yok.
user-mails = Hesapla ilgili e-postalar
user-mail-off = E-posta kapalı: bir e-posta sunucusu ayarlanana kadar davetler kimseye ulaşmaz. Yönetici için sunucuda şu komut bir bağlantı yazar:

user-erase = Kişisel verileri sil
user-erase-text = Ad ve e-posta yerine bir numara kalır; hesabın denetim kayıtlarından da silinirler, IP adresleriyle birlikte. Oturumlar, ikinci adım, bağlantılar ve e-postalar silinir. Kişinin yaptığı işlemler bu numarayla durur. Hesap bir daha kullanılamaz.
user-erase-confirm = Geri dönüşü olmadan silinsin
user-erase-submit = Sil

error-email-taken = Bu adres başka bir kullanıcıda kayıtlı.
error-company-unknown = Bu adla bir firma yok. Adı kontrol edin ya da önce firmayı ekleyin.
error-company-several = Böyle başlayan birden çok firma var. Aşağıdan birini seçin ya da adın devamını yazın.
error-own-email = Kendi adresiniz, parolanız sorularak hesabınızdan değiştirilir.
error-last-admin = Giriş yapabilen son yönetici bu. Önce başka bir yönetici belirleyin.
error-user-erased = Bu kişiye ait etkinleştirilecek bir bilgi kalmadı.
error-user-active = Silmeden önce hesabı devre dışı bırakın.
error-user-erase-confirm = Kişisel verileri silmek için kutuyu işaretleyin.
error-user-not-invited = Yalnızca henüz parola belirlememiş kişiler yeniden davet edilebilir.
error-user-invited-often = Son bir saatte bu kişiye üç davet gönderildi. Yenisini göndermek için bir saat bekleyin.

flash-users-invited = { $name } e-postayla davet edildi.
flash-users-invited-off = { $name } eklendi, ancak e-posta kapalı olduğu için davet gönderilmedi.
flash-users-updated = { $name } kaydedildi.
flash-users-deactivated = Hesap devre dışı bırakıldı, bütün oturumları kapatıldı.
flash-users-reactivated = Hesap yeniden etkin.
flash-users-erased = Kişisel veriler silindi.
flash-users-sessions =
    { $count ->
        [0] Sonlandırılacak oturum yoktu.
        [one] { $count } oturum sonlandırıldı.
       *[other] { $count } oturum sonlandırıldı.
    }

audit-users-create = Kullanıcı eklendi
audit-users-update = Kullanıcı değiştirildi
audit-users-invite = Davet gönderildi
audit-users-accept = Davet kabul edildi
audit-users-deactivate = Kullanıcı devre dışı bırakıldı
audit-users-reactivate = Kullanıcı yeniden etkinleştirildi
audit-users-sessions = Oturumlar sonlandırıldı
audit-users-prefer = Dil veya tema değiştirildi
audit-users-erase = Kişisel veriler silindi

## Davetler

invitation-subject = ProSektorWeb hesabınız: parolanızı belirleyin
invitation-mail-client = { $company } için ProSektorWeb’de size bir hesap açıldı.
invitation-mail-staff = Ofisin firmaları ve hizmetleri takip ettiği ProSektorWeb’de size bir hesap açıldı.
invitation-mail-link = Parolanızı belirlemek için bu bağlantıyı açın:
invitation-mail-until = Bağlantı bir kez kullanılır ve { $time } tarihine kadar geçerlidir. { $email } adresiyle giriş yaparsınız.
invitation-mail-mistake = Bu e-postayı beklemiyorsanız bir şey yapmanız gerekmez.
user-mail-address = Bir yönetici ProSektorWeb hesabınızın adresini { $email } olarak değiştirdi. Tüm oturumlarınız kapatıldı; artık yeni adresle giriş yapıyorsunuz.
user-mail-address-other = Bunu beklemiyorsanız hemen bir yöneticiye haber verin.
invitation-title = Parolanızı belirleyin
invitation-hello = Hoş geldiniz, { $name }
invitation-client = { $company } için size bir hesap açıldı. Kullanmak için parolanızı belirleyin.
invitation-staff = ProSektorWeb’de size bir hesap açıldı. Kullanmak için parolanızı belirleyin.
invitation-password = Parola
invitation-password-hint = En az { $min } karakter. Birbiriyle ilgisiz birkaç sözcük iyi bir paroladır.
invitation-locale = Dil
invitation-submit = Parolayı kaydet
invitation-gone-title = Bu bağlantı artık geçerli değil
invitation-gone-text = Davet bağlantısı bir kez ve yedi gün boyunca kullanılabilir; yalnızca en son gönderilen geçerlidir. Parolanızı belirlediyseniz giriş yapın. Belirlemediyseniz ofisten yeni bir davet isteyin.
sessions-done-invited = Parolanız kaydedildi. Şimdi giriş yapabilirsiniz.

## Yetkiler

permission-title = Yetkiler
permission-lead = Ürünün her istekte uyduğu tabloların kendisinden çizilir.
permission-roles = Rollerin yapabildikleri
permission-urls = Adresler ve açık oldukları kişiler
permission-what = Yetki
permission-url = Adres
permission-nobody = Giriş yapmamış
permission-may = evet
permission-may-not = hayır
permission-dashboard-read = Genel bakışı görme
permission-companies-read = Firmaları, kişileri, notları ve geçmişi görme
permission-companies-write = Firma, kişi ve not ekleme, değiştirme
permission-companies-trash = Firma, kişi ve notları çöp kutusuna taşıma, geri alma
permission-activities-read = Faaliyetleri görme
permission-activities-write = Faaliyet ekleme, kendininkini değiştirme
permission-services-read = Hizmetleri görme
permission-services-write = Hizmet ekleme, değiştirme, iptal etme
permission-services-trash = Hizmetleri çöp kutusuna taşıma, geri alma
permission-mails-read = Gönderilen e-postaları görme
permission-mails-send = E-postayı yeniden gönderme
permission-jobs-manage = Arka plandaki işleri görme ve yönetme
permission-users-manage = Kullanıcı davet etme, değiştirme, devre dışı bırakma
permission-audit-manage = Kimin ne yaptığını görme, eski değeri geri getirme
permission-clients-view = Portalı müşterinin gözüyle görme
