### Görsel kitaplığı ve görsel yükleme.

nav-images = Görseller

image-all = Tüm görseller
image-parts = Kitaplığın bölümleri
image-trash = Çöp kutusu
image-undescribed = Açıklaması olmayanlar
image-filter-q = Ad veya açıklamada arayın
image-none = Henüz görsel yok
image-none-text = İlkini yükleyin: JPEG, PNG, WebP veya GIF.
image-nothing = Sonuç yok
image-nothing-text = Bu kelimelerin hepsi hiçbir görselde geçmiyor.
image-trash-empty = Çöp kutusu boş
image-trash-empty-text = Silinen görseller burada 30 gün durur.

image-upload = Görsel yükle
image-upload-file = Görsel dosyaları
image-upload-hint = JPEG, PNG, WebP veya GIF (ilk karesi); her biri en fazla 10 MB ve 40 megapiksel, bir seferde on dosya. Dosyadaki konum ve kamera bilgileri silinir.
image-words-hint = Görseli göremeyen okurlar için ne gösterdiğini yazın. Bir dil yeterlidir; öteki dilde de o kullanılır.
image-alt-en = İngilizce açıklama
image-alt-tr = Türkçe açıklama
image-name = Ad
image-save = Kaydet
image-describe-title = { $count ->
    [one] Görseli açıklayın
   *[other] { $count } görseli açıklayın
  }
image-describe-text = Görseller kaydedildi. Yazılarda kullanılmadan önce açıklanmaları gerekir.
image-describe-save = Açıklamayı kaydet
image-refused-title = { $count ->
    [one] Bir dosya alınmadı
   *[other] { $count } dosya alınmadı
  }
image-refused-empty = Dosya boş.
image-refused-too-large = Dosya 10 MB’tan büyük. Küçülterek kaydedin.
image-refused-svg = SVG dosyaları betik içerebildiği için alınmaz. PNG olarak kaydedin.
image-refused-heic = HEIC ve AVIF dosyaları alınmaz. JPEG olarak kaydedin.
image-refused-kind = Bu bir JPEG, PNG, WebP veya GIF dosyası değil.
image-refused-dimensions = Görsel 40 megapikselden büyük veya bir kenarı 12.000 pikselden uzun. Küçülterek kaydedin.
image-refused-heavy = Bu görseli açmak çok fazla bellek gerektiriyor. En fazla boyut kademeli (progressive) JPEG için 22, PNG ve GIF için 25, WebP için 13, sıradan JPEG için 40 megapikseldir. Küçülterek kaydedin.
image-refused-broken = Dosya bozuk veya yarım kalmış.
image-refused-too-many = Günde en fazla { $max } dosya yüklenebilir.
image-refused-text = Küçük boyutları hazırlanamadı.
image-encode-again = Yeniden dene
image-state-new = Boyutları hazırlanıyor
image-state-refused = Kullanılamıyor

image-size = Piksel olarak boyut
image-format = Biçim
image-uploaded-at = Yüklendi
image-markdown = Metin içinde
image-copy = Kopyala
image-copied = Kopyalandı
image-uses = Kullanıldığı yerler
image-uses-none = Hiçbir yazıda ya da sayfada kullanılmıyor.
image-conflict-title = Bu görseli bu arada başkası değiştirdi
image-conflict-text = Şu anda böyle. Kaydederseniz yazdıklarınız bunun yerine geçer.
image-trash-title = { $name } çöp kutusuna taşınsın mı?
image-trash-used = { $count ->
    [one] Bir yerde kullanılıyor; yerine açıklaması görünecek:
   *[other] { $count } yerde kullanılıyor; yerine açıklaması görünecek:
  }
image-trash-text = 30 gün boyunca geri alınabilir.

image-choice-none = Görsel yok
image-choice-trashed = Çöp kutusunda: okurlar görmüyor.
image-choice-search = Ara
image-open-library = Kitaplığı aç
image-insert = Görsel ekleyin (metnin üzerine bırakabilir veya yapıştırabilirsiniz)
image-uploading = Yükleniyor…
image-uploaded = Yüklendi ve seçildi.
image-inserted = Eklendi. Görselin ne gösterdiğini köşeli ayraçların arasına yazın.
image-upload-failed = Yüklenemedi. Yeniden deneyin.

error-image-none = Bir görsel dosyası seçin.
error-image-undescribed = Görseli en az bir dilde açıklayın.
error-image-alt = Her görselin köşeli ayraçları arasında açıklaması olmalı: ![ne gösterdiği](…).
error-image-unknown = Kitaplıktan bir görsel seçin.

flash-images-uploaded = { $count ->
    [one] Görsel yüklendi.
   *[other] { $count } görsel yüklendi.
  }
flash-images-updated = { $name } kaydedildi.
flash-images-trashed = { $name } çöp kutusuna taşındı.
flash-images-restored = { $name } geri alındı.
flash-images-again = Boyutlar yeniden hazırlanıyor.

audit-images-create = Görsel yüklendi
audit-images-encode = Görselin boyutları yeniden hazırlandı
audit-images-purge = Görsel kalıcı olarak silindi
audit-images-restore = Görsel çöp kutusundan geri alındı
audit-images-trash = Görsel çöp kutusuna taşındı
audit-images-update = Görsel açıklandı
