# Kişinin kendi hesabı ve unutulan parola
nav-account = Hesabınız
account-tabs = Hesabınızın bölümleri
account-tab-profile = Profil
account-tab-email = E-posta
account-tab-password = Parola
account-tab-second-factor = İkinci adım
account-tab-sessions = Oturumlar

account-name = Ad soyad
account-locale = Dil
account-locale-hint = Sayfaların ve size gelen e-postaların dili.
account-theme = Tema
account-theme-auto = Sistemle aynı
account-theme-light = Açık
account-theme-dark = Koyu
account-save = Profili kaydet
flash-account-updated = Profiliniz kaydedildi.

account-email-now = { $email } adresiyle giriş yapıyorsunuz.
account-email-new = Yeni e-posta adresi
account-email-hint = Bu adrese bir bağlantı göndeririz. Bir saat içinde açıp onayladığınızda adresiniz değişir.
account-email-submit = Bağlantıyı gönder
account-current-password = Şu anki parola
account-current-password-hint = Siz yokken başkası adresinizi değiştiremesin diye soruyoruz.
account-mail-off = Şu anda buradan e-posta gönderilemiyor, bu yüzden bağlantı da gönderilemez. Bir yöneticiye başvurun.
error-account-password = Şu anki parolanız bu değil.
error-account-same-email = Adresiniz zaten bu.
error-account-too-often = Son bir saatte birkaç kez bağlantı istendi. En son geleni kullanın ya da bir saat bekleyin.
flash-account-email-asked = { $email } adresine bir bağlantı gönderiliyor. Siz açıp onaylayana kadar hiçbir şey değişmez.
flash-account-email-changed = Yeni adresiniz artık geçerli.

account-confirm-title = Yeni adresinizi onaylayın
account-confirm-text = Artık { $old } yerine { $new } ile giriş yapacak, e-postalarınızı orada alacaksınız. Diğer tüm tarayıcılarda oturumunuz kapanır.
account-confirm-submit = Yeni adresi kullan
account-not-yours-title = Bu bağlantı başka bir hesap için
account-not-yours-text = Yeni adresi isteyen hesapla giriş yapmış değilsiniz. Çıkış yapın, o hesapla giriş yapın ve bağlantıyı yeniden açın.
account-gone-title = Bu bağlantı artık geçerli değil
account-gone-text = Her bağlantı bir kez ve kısa bir süre için çalışır, yenisi gelince eskisi geçersiz olur. Hâlâ gerekiyorsa yeni bir bağlantı isteyin.
account-gone-again = Yeni bağlantı iste

account-password-lead = Parolanızı değiştirdiğinizde burada oturumunuz açık kalır, başka her yerde kapanır.
account-new-password = Yeni parola
account-new-password-hint = En az 8 karakter. Birbiriyle ilgisiz birkaç sözcük akılda kolay kalır, zor tahmin edilir.
account-password-submit = Parolayı değiştir
flash-account-password-changed = Parolanız değiştirildi.

account-sessions-lead = Oturumunuzun açık olduğu yerler. Tanımadığınızı kapatın, ardından parolanızı değiştirin.
account-session-device = Cihaz
account-session-unknown = Bilinmeyen cihaz
account-session-here = bu tarayıcı
account-session-ip = IP adresi
account-session-seen = Son kullanım
account-session-began = Giriş
account-session-end = Kapat
account-sessions-end-others = Diğer tüm oturumları kapat
account-sessions-end-all = Tüm oturumları kapat
flash-account-session-ended = Oturum kapatıldı.
flash-account-sessions-ended = Bu tarayıcıdaki dışında tüm oturumlar kapatıldı.

sessions-done-everywhere = Tüm oturumlarınız kapatıldı.
sessions-done-late = Yeniden giriş yapın. Kod zamanında gelmedi ya da çok fazla yanlış kod girildi.
sessions-done-reset = Parolanız değiştirildi. Yeni parolanızla giriş yapın.

forgot-link = Parolanızı mı unuttunuz?
forgot-title = Parolanızı mı unuttunuz?
forgot-text = Giriş yaptığınız adresi yazın. Size yeni parola seçebileceğiniz bir bağlantı gönderelim.
forgot-submit = Bağlantıyı gönder
forgot-sent = Bu adresle bir hesap varsa, adrese bir bağlantı gönderiliyor.
forgot-sent-text = Bağlantı 15 dakika geçerlidir. Gelmezse istenmeyen posta klasörüne bakın, adresi denetleyin ya da bir yöneticiye başvurun.
forgot-again = Yeniden iste
forgot-back = Giriş sayfasına dön
reset-title = Yeni bir parola seçin
reset-text = { $email } için. Tüm oturumlarınız kapatılır, ardından yeni parolanızla giriş yaparsınız.
reset-submit = Parolayı değiştir

# E-postalar
mail-reset-subject = Yeni bir parola seçin
mail-reset-text = ProSektorWeb hesabınız için yeni bir parola istendi. Buradan seçebilirsiniz:
mail-reset-once = Bağlantı bir kez çalışır ve 15 dakika geçerlidir.
mail-reset-other = İsteyen siz değilseniz yapmanız gereken bir şey yok: parolanız olduğu gibi kalır.
mail-password-subject = Parolanız değiştirildi
mail-password-text = ProSektorWeb hesabınızın parolası { $at } tarihinde değiştirildi. Diğer tüm oturumlar kapatıldı.
mail-not-you = Değiştiren siz değilseniz { $url } adresinden hemen başka bir parola seçin ve bir yöneticiye haber verin.
mail-confirm-subject = Yeni adresinizi onaylayın
mail-confirm-text = ProSektorWeb hesabınız için bu adres verildi. Eskisi gibi giriş yaparak buradan onaylayabilirsiniz:
mail-confirm-once = Bağlantı bir kez çalışır ve bir saat geçerlidir. Adresi veren siz değilseniz yapmanız gereken bir şey yok.
mail-taken-subject = Adresiniz başka bir hesap için yazıldı
mail-taken-text = Birisi bu adresi başka bir ProSektorWeb hesabı için kullanmak istedi. Adres zaten sizin hesabınıza ait olduğundan hiçbir şey değişmedi, yapmanız gereken bir şey de yok.
mail-asked-subject = Hesabınız için yeni bir adres istendi
mail-asked-text = ProSektorWeb hesabınızın adresi { $email } olacak. Oraya bir bağlantı gönderildi; giriş yapıp onaylayana kadar hiçbir şey değişmez.
mail-asked-other = İsteyen siz değilseniz parolanızı şimdi değiştirin: bağlantı böylece geçersiz olur.
mail-address-subject = Hesabınızın adresi değişti
mail-address-text = ProSektorWeb hesabınızın adresi artık { $email }. Eski adrese bundan sonra e-posta gelmez.
mail-address-other = Değiştiren siz değilseniz hemen bir yöneticiye haber verin.
