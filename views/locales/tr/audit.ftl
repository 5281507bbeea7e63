### Kimin ne yaptığı, yöneticiler için.

nav-audit = Denetim

audit-what = Tür ya da işlem
audit-from = Başlangıç
audit-to = Bitiş
audit-entry = Kayıt
audit-changes = Değişenler
audit-no-changes = Bu işlem bir alanı değiştirmedi.
audit-to-record = Kaydı göster
audit-of-record = Bu kaydın tüm geçmişi
audit-column-at = Zaman
audit-column-actor = Kim
audit-column-action = İşlem
audit-column-record = İlgili kayıt
audit-column-company = Firma
audit-column-field = Alan
audit-column-before = Önce
audit-column-after = Sonra
audit-column-ip = IP adresi
audit-column-request = İstek numarası
audit-column-seq = Zincirdeki yeri
audit-sealed-at = Mühürlendiği an
audit-seal-sealed = Mühürlü
audit-seal-waiting = Mühür bekliyor
audit-seal-none = Mühürsüz
audit-erased = silindi
audit-restored-from = Geri getirdiği
audit-csv = CSV olarak indir
audit-head = { $count } kayıt mühürlendi. Zincirin başı:
audit-head-none = Henüz hiçbir kayıt mühürlenmedi.
audit-none = Kayıt yok
audit-none-text = Bu filtrelere uyan bir kayıt yok.
audit-none-yet = Şimdilik bir şey bulunmadı
audit-looked-back = En yeni kayıtlara bakıldı. Sonraki sayfa daha eskilere bakar.
audit-restore = Geri getir
audit-restore-anyway = Eski değeri geri getir
audit-not-restored = Eski değer geri getirilmedi
audit-lost-erased = Silindi; hiçbir yerde tutulmuyor.
audit-lost-masked = Denetim kaydı, kişi numarasının yalnızca son hanelerini tutar.
audit-lost-other = Bu alan geri getirilebilecek bir alan değil.
audit-differs = Alan o günden sonra yeniden değişmiş
audit-differs-text = Henüz bir şey geri getirilmedi. İki değeri karşılaştırıp karar verin.
audit-now = Şimdiki
audit-then = Geri gelecek olan

chip-record = İlgili kayıt

flash-audit-restored = Eski değer geri geldi.

# Bir firmayla ilgili olmayan işlemler
audit-account-email = E-posta adresi değiştirildi
audit-account-email-asked = E-posta adresi değişikliği istendi
audit-account-password = Parola değiştirildi
audit-account-password-reset = Parola bağlantıyla sıfırlandı
audit-account-reset-asked = Yeni parola bağlantısı gönderildi
audit-account-sessions-end = Kendi oturumları sonlandırıldı
audit-audit-erase = Denetim kaydından kişisel veri silindi
audit-audit-export = Denetim kayıtları indirildi
audit-companies-export = Firmalar indirildi
audit-jobs-discard = İş iptal edildi
audit-jobs-hasten = İş öne alındı
audit-jobs-retry = İş yeniden denendi
audit-jobs-run = Zamanlanmış iş elle başlatıldı
audit-mails-test = Deneme e-postası yazıldı
audit-role-rules-update = Rollere göre iki adımlı doğrulama değiştirildi
audit-second-factors-codes = Yeni kurtarma kodları oluşturuldu
audit-second-factors-create = İki adımlı doğrulama açıldı
audit-second-factors-delete = İki adımlı doğrulama kapatıldı
audit-second-factors-reset = İki adımlı doğrulama yönetici tarafından kaldırıldı
audit-services-export = Hizmetler indirildi
audit-session-code-asked = Parola doğru, kod istendi
audit-session-code-failed = Yanlış kod
audit-session-login-failed = Giriş başarısız
audit-session-login-limited = Giriş başarısız; sonrakiler yalnız günlükte
audit-session-login-ok = Giriş yapıldı
audit-session-logout = Çıkış yapıldı
