## Girişin ikinci adımı

second-factor-code-title = Kodunuzu girin
second-factor-code-text = Parolanız doğru. Doğrulama uygulamanızı açın ve ProSektorWeb için gösterdiği kodu yazın.
second-factor-code = Altı haneli kod
second-factor-code-submit = Giriş yap
second-factor-recovery-instead = Kurtarma kodu kullan
second-factor-recovery-code = Kurtarma kodu
second-factor-recovery-hint = Kurulumda sakladığınız kodlardan biri. Her kod bir kez geçer.
second-factor-code-instead = Uygulamadaki kodu kullan
second-factor-code-back = Giriş sayfasına dön

error-code = Kod doğru değil ya da daha önce kullanıldı. Uygulamanın şu anda gösterdiği kodu yazın.
error-recovery-code = Kurtarma kodu doğru değil ya da daha önce kullanıldı. Başka birini deneyin.
error-own-password = Şu anki parolanız bu değil.

## Kendi hesabı

second-factor-title = İki adımlı doğrulama
second-factor-text = Girişte parolanızdan sonra telefonunuzdaki bir uygulamanın gösterdiği kod da istenir. Böylece parolanızı öğrenen biri yine de giremez. Herhangi bir doğrulama uygulaması olur.
second-factor-must = Rolünüz için iki adımlı doğrulama zorunlu. Devam etmek için kurun.
second-factor-password = Şu anki parola
second-factor-begin = İki adımlı doğrulamayı kur
second-factor-on = { $date } tarihinden beri açık.
second-factor-recovery = Kurtarma kodları
second-factor-left =
    { $count ->
        [0] Kurtarma kodunuz kalmadı.
        [one] { $count } kurtarma kodunuz kaldı.
       *[other] { $count } kurtarma kodunuz kaldı.
    }
second-factor-renew-text = Yeni kodlar eskilerinin yerine geçer, eskileri artık çalışmaz.
second-factor-renew = Yeni kurtarma kodları oluştur
second-factor-remove = İki adımlı doğrulamayı kapat
second-factor-remove-text = Kapattıktan sonra giriş için yalnızca parolanız yeter.
second-factor-required = Rolünüz için iki adımlı doğrulama zorunlu olduğundan kapatılamaz. Telefonunuz değişirse yöneticinizden sıfırlamasını isteyin.
second-factor-code-or-recovery = Uygulamadaki kod ya da bir kurtarma kodu
second-factor-scan = ProSektorWeb’i uygulamanıza ekleyin
second-factor-scan-text = Bu resmi doğrulama uygulamanızla tarayın.
second-factor-qr = Doğrulama uygulamanız için karekod
second-factor-type-text = Tarayamıyorsanız uygulamaya şu anahtarı yazın:
second-factor-open-app = Bu cihazdaki bir uygulamada aç
second-factor-code-hint = Uygulama anahtarı alınca kodu gösterir. Kod 30 saniyede bir değişir.
second-factor-confirm = İki adımlı doğrulamayı aç
second-factor-cancel = Vazgeç
second-factor-now-on = İki adımlı doğrulama açıldı. Diğer cihazlarınızdaki oturumlar kapatıldı.
second-factor-codes-text = Bu kodları telefonunuz olmadan da ulaşabileceğiniz bir yerde saklayın: yazdırın ya da parola yöneticinize kaydedin. Her biri, uygulamanın yerine bir kez giriş yaptırır. Bir daha gösterilmezler.
second-factor-codes-kept = Kodları sakladım

flash-second-factor-late = Çok uzun sürdü. Yeniden başlayın.
flash-second-factor-off = İki adımlı doğrulama kapatıldı.

## Başkalarının hesabı

second-factor-none = Kurulmamış.
second-factor-theirs = { $date } tarihinden beri açık.
second-factor-own = Sizinki, parola ve kodla hesabınızdan yönetilir
second-factor-reset = İki adımlı doğrulamayı sıfırla
flash-second-factor-reset = { $name } için iki adımlı doğrulama sıfırlandı. Tüm cihazlarındaki oturumlar kapatıldı.
flash-second-factor-none = Sıfırlanacak bir şey yoktu.

## Roller

role-rules-title = Rollere göre iki adımlı doğrulama
role-rules-text = İşaretli bir roldeki kişiler bunu kurmadıysa bir sonraki tıklamalarında kurulum sayfasına yönlendirilir, kurmadan başka bir şey yapamaz. Kendi rolünüzü işaretlerseniz bu sizin için de geçerlidir.
role-rules-legend = İki adımlı doğrulaması zorunlu roller
role-rules-without =
    { $count ->
        [0] Kurmayan yok.
        [one] { $count } kişi kurmamış.
       *[other] { $count } kişi kurmamış.
    }
role-rules-saved-on = Bu arada işaretli kaydedildi.
role-rules-saved-off = Bu arada işaretsiz kaydedildi.
role-rules-conflict = Siz sayfayı açtıktan sonra biri bu kuralları değiştirdi. Aşağıda sizin seçiminiz, yanında kayıtlı olan var. Kendi seçiminizi korumak için yeniden kaydedin.
role-rules-save = Kuralları kaydet
flash-role-rules-saved = Kurallar kaydedildi.

## Postalar

second-factor-subject-on = İki adımlı doğrulama açıldı
second-factor-subject-off = İki adımlı doğrulama kapatıldı
second-factor-subject-reset = İki adımlı doğrulamanız sıfırlandı
second-factor-subject-codes = Yeni kurtarma kodlarınız var
second-factor-subject-used = Bir kurtarma kodu kullanıldı
second-factor-mail-on = Hesabınızda iki adımlı doğrulama açıldı. Diğer cihazlarınızdaki oturumlar kapatıldı.
second-factor-mail-off = Hesabınızda iki adımlı doğrulama kapatıldı. Giriş için artık yalnızca parolanız yeter.
second-factor-mail-reset = Bir yönetici hesabınızın iki adımlı doğrulamasını sıfırladı. Tüm cihazlarınızdaki oturumlar kapatıldı; giriş için şimdi yalnızca parolanız yeter. Hesap sayfanızdan yeniden kurun.
second-factor-mail-codes = Hesabınız için yeni kurtarma kodları oluşturuldu. Eskileri artık çalışmaz.
second-factor-mail-used = Hesabınıza kurtarma kodlarınızdan biriyle giriş yapıldı.
second-factor-mail-when = Zaman: { $date }.
second-factor-mail-not-you = Bunu beklemiyorsanız parolanızı değiştirin ve yöneticinize haber verin.
