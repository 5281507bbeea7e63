### Her sayfanın paylaştığı sözler. Tek bir kaydın sayfalarının kendi dosyası vardır.

product-name = ProSektorWeb

## Çerçeve

nav-skip = İçeriğe geç
nav-label = Ana menü
nav-dashboard = Genel bakış
nav-companies = Firmalar
nav-services = Hizmetler
nav-activities = Faaliyetler
nav-trash = Çöp kutusu
nav-new = Yeni
nav-new-company = Yeni firma
nav-me = { $name } hesabı
nav-help = Klavye kısayolları
nav-login = Giriş yap
nav-logout = Çıkış yap
search-label = Firma ara
search-companies = Firma adı, vergi numarası veya e-posta
search-placeholder = Firma ara
breadcrumbs-label = Bulunduğunuz yer
dialog-title = İletişim kutusu

role-admin = Yönetici
role-office = Ofis
role-expert = İş güvenliği uzmanı
role-doctor = İşyeri hekimi
role-client = Müşteri

## Tercihler

language-en = English
language-tr = Türkçe
language-short-en = EN
language-short-tr = TR
theme-now-auto = Tema: sistemle aynı.
theme-now-light = Tema: açık.
theme-now-dark = Tema: koyu.
theme-switch-auto = Sisteme uy
theme-switch-light = Açık temaya geç
theme-switch-dark = Koyu temaya geç

## Düğmelerdeki sözler

action-cancel = Vazgeç
action-edit = Düzenle
action-delete = Çöp kutusuna taşı
action-restore = Geri al
action-close = Kapat
action-retry = Yeniden dene

## Formlar

form-optional = (isteğe bağlı)
form-error-prefix = Hata:
form-errors-title =
    { $count ->
        [one] Düzeltmeniz gereken bir yer var
       *[other] Düzeltmeniz gereken { $count } yer var
    }

## Alan hataları

error-required = Bu alanı doldurun.
error-too-short =
    { $min ->
        [one] En az { $min } karakter yazın.
       *[other] En az { $min } karakter yazın.
    }
error-too-long =
    { $max ->
        [one] En fazla { $max } karakter yazın.
       *[other] En fazla { $max } karakter yazın.
    }
error-email = ad@ornek.com biçiminde bir e-posta adresi yazın.
error-email-not-ascii = Adresi ç, ğ, ı, ö, ş, ü harfleri olmadan yazın.
error-phone = Numarayı alan koduyla yazın: 0412 228 00 00 gibi. Yurt dışı numaraları + ile başlar.
error-tax-id = Numarayı kontrol edin: vergi numarası 10, T.C. kimlik numarası 11 hanelidir.
error-nace = NACE kodunun altı hanesini yazın: 43.21.01 gibi.
error-choice = Listeden birini seçin.
error-date = Takvimde olan bir tarih yazın: 21.08.2026 gibi.
error-number = Rakamla bir sayı yazın.
error-money = Tutarı rakamla yazın, örneğin 1.234,56.
error-control-characters = Görünmeyen karakterleri silin. Genellikle kopyalanan metinle birlikte gelirler.
error-password-common = Bu parola kolayca tahmin edilir. Birbiriyle ilgisiz birkaç sözcük seçin ya da parola yöneticisine bırakın.
error-sign-in = E-posta adresi veya parola doğru değil.

## İletiler

flash-undo = Geri al
flash-dismiss = İletiyi kapat
problem-offline = Sunucudan yanıt gelmedi. Bu sayfadan hiçbir şey kaybolmadı. Bağlantınızı kontrol edip yeniden deneyin.
problem-slow = Sunucunun yanıtı çok uzun sürdü. Bu sayfadan hiçbir şey kaybolmadı. Kaydediyorduysanız yeniden denemeden önce kaydedilip kaydedilmediğine bakın.
problem-broken = Sunucu şu anda yanıt veremedi. Bu sayfadan hiçbir şey kaybolmadı. Biraz sonra yeniden deneyin.
problem-signed-out = Oturumunuz sona erdi. Yazdıklarınız duruyor: yeni bir sekmede giriş yapın, sonra yeniden gönderin.

## Listeler

table-sort-by = Sırala: { $column }
pagination-label = Sayfalar
pagination-range = { $total } kayıttan { $from }–{ $to }
pagination-range-capped = { $total }+ kayıttan { $from }–{ $to }
pagination-prev = Önceki
pagination-next = Sonraki

## Hata sayfaları

error-400-title = İstek okunamadı
error-400-text = Adreste veya formda bozuk bir şey var. Hiçbir şey değiştirilmedi.
error-401-title = Devam etmek için giriş yapın
error-401-text = Bu sayfa giriş yapmış kullanıcılar içindir ya da oturumunuz sona erdi.
error-403-title = Bu sayfa size açık değil
error-403-text = Rolünüz bunu kapsamıyor. Bir yönetici bunu değiştirebilir.
error-404-title = Burada bir şey yok
error-404-text = Adres yanlış yazılmış ya da kayıt çöp kutusuna taşınmış olabilir.
error-405-title = Bu işlem burada yapılamaz
error-405-text = Adres var, ama bu tür bir isteğe yanıt vermiyor.
error-405-allow = Yanıt verdiği istekler: { $methods }
error-408-title = İstek zamanında ulaşmadı
error-408-text = Bağlantı çok yavaştı ya da kesildi. Hiçbir şey değiştirilmedi: yeniden deneyin.
error-409-title = Başka biri sizden önce davrandı
error-409-text = Kayıt siz açtıktan sonra değişti. Yeniden açın, nelerin değiştiğine bakın, sonra değişikliğinizi yapın.
error-413-title = Çok büyük
error-413-text = Gönderdiğiniz bu sayfanın kabul ettiğinden büyük. Hiçbir şey değiştirilmedi: küçültüp yeniden gönderin.
error-414-title = Adres çok uzun
error-414-text = Aramayı veya filtreleri kısaltıp yeniden deneyin.
error-415-title = Bu biçim kabul edilmiyor
error-415-text = Formu kendi sayfasından gönderin. Hiçbir şey değiştirilmedi.
error-422-title = Bazı bilgiler doğru değil
error-422-text = Hiçbir şey kaydedilmedi. Forma dönün, işaretlenen yerleri düzeltip yeniden gönderin.
error-429-title = Çok fazla istek
error-429-text = Kısa sürede çok sık istekte bulunuldu. Biraz bekleyip devam edin.
error-431-title = İstek çok fazla bilgi taşıyor
error-431-text = Tarayıcı, sunucunun okuduğundan fazlasını gönderdi. Bu sitenin çerezlerini silip yeniden deneyin.
error-500-title = Hata bizde
error-500-text = Bizim tarafımızda bir şey bozuldu ve kayda geçti. Yarım kalan bir kayıt yok: geri dönün, bakın ve yeniden deneyin.
error-503-title = Şu anda kullanılamıyor
error-503-text = Hizmet şu anda verilerine ulaşamıyor. Kendiliğinden düzelir: biraz sonra yeniden deneyin.
error-retry-after =
    { $seconds ->
        [one] { $seconds } saniye sonra yeniden deneyin.
       *[other] { $seconds } saniye sonra yeniden deneyin.
    }
error-request-id = İstek { $id }
error-request-id-hint = Yardım isterken bu numarayı verin.
error-home = Başlangıç sayfasına git
error-companies = Tüm firmaları gör

## Giriş

sessions-title = Giriş yap
sessions-text = Hesabı olan çalışanlar ve müşteriler için.
kept-here = Bu form ulaşmadan oturumunuz sona ermişti. Yazdıklarınız aşağıdaki formda duruyor; henüz hiçbiri kaydedilmedi.
kept-elsewhere = Bu form ulaşmadan oturumunuz sona ermişti. Hiçbiri kaydedilmedi; yeniden girebilmeniz için yazdıklarınız burada.
sessions-expired = Oturumunuz sona erdi. Kaldığınız yerden devam etmek için giriş yapın.
sessions-email = E-posta
sessions-password = Parola
sessions-submit = Giriş yap
sessions-demo-title = Deneme hesapları
sessions-demo-text = Hepsinin parolası { $password }. Yalnızca geliştirme ortamında vardır.
sessions-demo-email = E-posta
sessions-demo-role = Rol

## Yardım

help-title = Klavye kısayolları
help-text = Yazı yazmadığınız her yerde çalışır. Her biri aynı zamanda bir bağlantıdır.
help-key = Tuş
help-what = Ne yapar
help-search = Firma ara
help-new = Yeni firma
help-then = sonra
help-help = Bu listeyi göster
help-escape = İletişim kutusunu veya menüyü kapat
help-shortcuts-off = Kısayolları kapat
help-shortcuts-on = Kısayolları aç

## Ana sayfa

home-description = ProSektorWeb, ortak sağlık ve güvenlik birimlerinin web sitelerini, barındırmasını, SEO işlerini ve müşteri kayıtlarını tek yerde tutar.
home-picture-alt = Firma listesi: adların yanında durum, tehlike sınıfı ve son değişiklik tarihi; üstte filtreler, solda dört bölümlü menü.
home-picture-caption = Ofisin gün boyu baktığı firma listesi.
home-foot = ProSektorWeb · Türkiye’deki ortak sağlık ve güvenlik birimleri için web sitesi, barındırma, SEO ve bakım.
