### İletişim formu ve formun doldurduğu gelen kutusu.

nav-messages = Mesajlar
permission-messages-manage = İletişim formu mesajlarını okuma, yanıtlama ve silme

## Form

contact-page-name = Adınız soyadınız
contact-page-email = E-posta
contact-page-email-hint = Yanıtımız bu adrese gelir.
contact-page-phone = Telefon
contact-page-company = Firma
contact-page-body = Mesajınız
contact-page-body-hint = En az 10 karakter.
contact-page-website = Bu alanı boş bırakın
contact-page-consent = Yazdıklarımın bana yanıt verilmesi için ProSektorWeb tarafından saklanmasını kabul ediyorum.
contact-page-consent-hint = Onayınızın kanıtı olarak zamanı, IP adresinizi ve tarayıcınızı da kaydederiz. Hepsinin silinmesini istediğiniz zaman isteyebilirsiniz.
contact-page-submit = Mesajı gönder
contact-page-not-sent = Mesajınız gönderilemedi
contact-page-too-many = Bağlantınızdan kısa sürede çok sayıda mesaj geldi. Yazdıklarınız burada duruyor: { $count } dakika sonra yeniden gönderin.
contact-page-unavailable = Şu anda verilerimize ulaşamıyoruz. Yazdıklarınız burada duruyor: biraz sonra yeniden gönderin.
contact-thanks-title = Teşekkürler, mesajınız ulaştı
contact-thanks-text = Yazdıklarınızı aldık; e-postayla yanıtlayacağız.
contact-thanks-home = Ana sayfaya dön
error-contact-name = Adınızı yazın.
error-contact-email = E-posta adresinizi yazın.
error-contact-body = Mesajınızı yazın.
error-contact-consent = Mesajınızı saklayıp yanıtlayabilmemiz için kutuyu işaretleyin.

contact-mail-subject = { $name } size yazdı
contact-mail-lead = { $name } iletişim formundan şunu yazdı:
contact-mail-answer = Okumak ve yanıtlamak için:

## Gelen kutusu

message-tabs = Durumlarına göre mesajlar
message-tab-inbox = İstenmeyenler dışında hepsi
message-none = Burada mesaj yok
message-none-text = İletişim formundan yazılanlar burada sıralanır.
message-filter-q = Ad, adres, şirket ve metinlerde ara
message-nothing = Bir şey bulunamadı
message-nothing-text = Burada “{ $q }” sözcüklerini içeren mesaj yok.
message-name = Ad
message-email = E-posta
message-phone = Telefon
message-company = Firma
message-body = Mesaj
message-state = Durum
message-created-at = Geldiği zaman
message-locale = Dil
message-facts = Yazan
message-consent = Onay
message-consented-at = Verildiği zaman
message-ip = IP adresi
message-user-agent = Tarayıcı
message-mails = İlgili e-postalar
message-state-new = Yeni
message-state-read = Okundu
message-state-answered = Yanıtlandı
message-state-spam = İstenmeyen
message-to-new = Yeni say
message-to-read = Okundu say
message-to-spam = İstenmeyen say
message-replies = Yanıtlar
message-reply = Yanıtla
message-reply-body = Yanıtınız
message-reply-hint = Altında kendi mesajıyla birlikte e-postayla gider. Yazdığı dil: { $language }.
message-reply-submit = Yanıtı gönder
message-mail-off = E-posta kapalı: yanıtlar saklanır ama gönderilmez.
message-erase = Sil
message-erase-title = { $name } kişisinin mesajı silinsin mi?
message-erase-text = Mesaj, yanıtları ve ilgili bütün e-postalar kalıcı olarak silinir. Denetim yalnızca silindiğini yazar.
error-message-changed = Bu mesajı bu arada başka biri değiştirdi. Bakın, sonra yanıtınızı yeniden gönderin.

message-mail-subject = ProSektorWeb’e yazdığınız mesaj
message-mail-answer = Başka bir sorunuz varsa bu e-postayı yanıtlayın.
message-mail-theirs = { $time } tarihinde şunu yazmıştınız:

flash-messages-replied = Yanıt yola çıktı.
flash-messages-replied-off = Yanıt saklandı, ama e-posta kapalı olduğu için gönderilmedi.
flash-messages-state = Mesajın durumu değişti.
flash-messages-spam = Mesaj artık istenmeyenlerde.
flash-messages-erased = Mesaj silindi.

audit-messages-create = Mesaj geldi
audit-messages-erase = Mesaj silindi
audit-messages-export = Mesajlar indirildi
audit-messages-reply = Mesaj yanıtlandı
audit-messages-state = Mesajın durumu değişti
