### Kategori ve etiketler, yazı sürümleri, önizleme bağlantıları.

shelf-posts = Yazılar
shelf-tabs = Blogun bölümleri
shelf-title =
    { $kind ->
        [tag] Etiketler
       *[category] Kategoriler
    }
shelf-new =
    { $kind ->
        [tag] Yeni etiket
       *[category] Yeni kategori
    }
shelf-create =
    { $kind ->
        [tag] Etiketi ekle
       *[category] Kategoriyi ekle
    }
shelf-edit-title = { $name }: düzenle
shelf-filter-q =
    { $kind ->
        [tag] Etiketlerde ara
       *[category] Kategorilerde ara
    }
shelf-nothing-title =
    { $kind ->
        [tag] Aramaya uyan etiket yok
       *[category] Aramaya uyan kategori yok
    }
shelf-nothing-text = Aramayı kısaltın veya temizleyin.
shelf-none-title =
    { $kind ->
        [tag] Bu dilde henüz etiket yok
       *[category] Bu dilde henüz kategori yok
    }
shelf-none-text =
    { $kind ->
        [tag] Etiketler yazılarla birlikte oluşur. Buradan da ekleyebilirsiniz.
       *[category] Yazılar kategorilere ayrılır. İlkini ekleyin.
    }
shelf-name-hint = Yalnızca büyük-küçük harf, nokta veya şapka farkı olan adlar aynı sayılır.
shelf-slug-hint = Web adresinin parçası. Boş bırakırsanız addan oluşur: İş Güvenliği, is-guvenligi olur.
shelf-slug-keeps = Şu anda { $path } adresinde. Değiştirirseniz eski adres yenisine yönlenir.
shelf-merge = Birleştir
shelf-delete = Sil
shelf-merge-title = { $name }: bir başkasıyla birleştir
shelf-merge-text =
    { $count ->
        [0] Burada yazı yok. Adresinin hangisine yönleneceğini seçin.
       *[other] Burada { $count } yazı var. Nereye taşınacaklarını seçin.
    }
shelf-merge-into = Birleştirilecek olan
shelf-merge-next = Devam et
shelf-merge-other = Başkasını seç
shelf-merge-confirm = { $name }, { $into } ile birleştirilsin mi?
shelf-merge-moves =
    { $count ->
        [0] Taşınacak yazı yok.
       *[other] { $count } yazının yeni yeri: { $into }.
    }
shelf-merge-leads = { $path } adresi bundan sonra { $into } adresine yönlenir.
shelf-merge-final = { $name } ortadan kalkar. Bu işlem geri alınamaz.
shelf-merge-alone =
    { $kind ->
        [tag] Bu dilde başka etiket yok
       *[category] Bu dilde başka kategori yok
    }
shelf-merge-alone-text = Önce yazıların taşınacağı birini ekleyin.
shelf-delete-title = { $name } silinsin mi?
shelf-delete-posts =
    { $kind ->
        [tag]
            { $count ->
                [0] Bu etiketi taşıyan yazı yok.
               *[other] { $count } yazı kalır, etiketi gider.
            }
       *[category]
            { $count ->
                [0] Bu kategoride yazı yok.
               *[other] { $count } yazı kalır, kategorisiz olur.
            }
    }
shelf-delete-gone = { $path } adresi, okurlara ve arama motorlarına artık olmadığını bildirir.
shelf-delete-final =
    { $kind ->
        [tag] Etiket kalıcı olarak silinir. Yazılarını bir arada tutmak için bir başkasıyla birleştirin.
       *[category] Kategori kalıcı olarak silinir. Yazılarını bir arada tutmak için bir başkasıyla birleştirin.
    }
flash-shelf-created = { $name } eklendi.
flash-shelf-renamed = { $name } kaydedildi.
flash-shelf-merged = { $name } birleştirildi.
flash-shelf-deleted = { $name } silindi.
error-label-name-taken = { $name } zaten var. Büyük-küçük harf, nokta ve şapka fark etmez.
error-label-slug-taken = Bu adres zaten { $name } için kullanılıyor.
error-tag-comma = Virgül ve noktalı virgül bir yazının etiketlerini ayırır. Adda kullanmayın.

revision-list = Sürümler
revision-title = { $title }: sürümler
revision-lead = Her kayıt saklanır. Eski bir sürümü geri almak da yeni bir kayıttır; hiçbir şey kaybolmaz.
revision-number = Sürüm
revision-name = Sürüm { $number }
revision-at = Kaydedilme
revision-by = Kaydeden
revision-changed = Değişenler
revision-words = Sözcük
revision-newest = Güncel
revision-first = İlk sürüm
revision-nothing = Değişiklik yok
revision-compare = Karşılaştır
revision-compare-title = Sürüm { $from } ve { $to }
revision-restore = Sürüm { $number }: geri al
revision-from = Önceki
revision-to = Sonraki
revision-same = Bu iki sürüm aynı.
revision-tally = Metinde { $added } sözcük eklendi, { $removed } sözcük çıkarıldı.
revision-key = Şöyle gösterilir:
revision-body = Metin
revision-cover = Kapak görseli
revision-category-gone = Silinmiş bir kategori
revision-refused = Olduğu gibi geri alınamıyor
revision-restore-title = Sürüm { $number } geri alınsın mı?
revision-restore-says = Yazı, { $at } tarihindeki hâline döner; o günkü başlığı “{ $title }”. Metin, adres, kategori ve etiketler de buna dâhildir.
revision-restore-keeps = Şimdiki hâli sürümler listesinde kalır.
revision-restore-readers = Yazı yayındaysa okurlar değişikliği hemen görür.
revision-restore-compare = Neyin değişeceğini görün
revision-moved-on = Yazı az önce değişti, bu yüzden hiçbir şey geri alınmadı. Şimdiki hâline bakın; isterseniz bu sürümü yine geri alabilirsiniz.
diff-removed = çıkarılan
diff-added = eklenen
diff-skipped = Değişmeyen { $count } satır
flash-revision-restored = Sürüm { $number } geri alındı.{ $kept ->
    [cover] { " " }Kapağı silinmiş ya da çöp kutusunda; kapak şimdiki gibi kaldı.
    [slug] { " " }Adresi başka bir yazıya ait; şimdiki adres kaldı.
    [both] { " " }Kapağı silinmiş ya da çöp kutusunda, adresi de başka bir yazıya ait; ikisi de şimdiki gibi kaldı.
   *[none] { "" }
}

preview-links-title = Önizleme bağlantısı
preview-links-text = Bağlantıyı alan kişi, yazının o anki hâlini hesap açmadan yedi gün boyunca okuyabilir. Arama motorları bu sayfayı listelemez.
preview-url = Bağlantı
preview-until = Bağlantı { $at } zamanına kadar çalışır.
preview-none = Şu anda çalışan bir bağlantı yok.
preview-open = Önizlemeyi aç
preview-make = Bağlantı oluştur
preview-make-again = Yedi günlük yeni bağlantı oluştur
preview-void = Tüm bağlantıları geçersiz kıl
preview-void-text = Bunu yaparsanız, buradaki dâhil, verilmiş hiçbir bağlantı çalışmaz.
preview-back = Yazıya dön
preview-notice = Bu bir önizlemedir. Herkese açık değildir: yalnızca bağlantıyı bilenler görür.
preview-by = Yazan: { $name }
preview-undated = henüz yayımlanmadı
preview-minutes = { $count } dakikalık okuma
preview-toc = İçindekiler
preview-gone-title = Böyle bir önizleme yok
preview-gone-text = Önizleme bağlantıları yedi gün çalışır ve geri çekilebilir. Size gönderen kişiden yenisini isteyin.
flash-preview-made = Bağlantı yedi gün boyunca çalışır.
flash-preview-void = Önizlemenin hiçbir bağlantısı artık çalışmıyor.

audit-categories-delete = Kategori silindi
audit-tags-delete = Etiket silindi
audit-posts-preview = Önizleme bağlantısı oluşturuldu
audit-posts-preview-void = Önizleme bağlantıları geçersiz kılındı

import-title = İçe ve dışa aktarma
import-text = Yazılar JSON dosyası olarak gelir: slug, title, excerpt, markdown veya html, category, tags ve tarih alanları olan nesnelerin listesi. Adresi burada olan yazı güncellenir. Önce ne olacağını görürsünüz; siz onaylamadan hiçbir şey yazılmaz.
import-file = Dosya
import-file-hint = JSON, en çok 10 MB ve 1.000 yazı. Markdown klasörleri ve görsel dosyaları komut satırından alınır.
import-lang = Dil
import-lang-hint = Dilini belirtmeyen yazılar için.
import-look = Dosyayı denetle
import-would = Henüz hiçbir şey yazılmadı. Olacaklar:
import-was = Yapılanlar:
import-sum-created = { $count } yeni
import-sum-updated = { $count } güncelleme
import-sum-unchanged = { $count } değişmeyen
import-sum-refused = { $count } alınamayan
import-public = Tarihi geçmiş yazılar hemen yayına girer.
import-run = { $count } yazıyı içe aktar
import-close = Raporu kapat
import-told = Bakılması gerekenler
import-others = Notu olmayan { $count } yazı
import-place = No
import-post = Yazı
import-outcome = Sonuç
import-outcome-created = yeni
import-outcome-updated = güncelleme
import-outcome-unchanged = değişmedi
import-outcome-refused = alınamadı
import-notes = Notlar
import-export = Tüm yazıları dışa aktarın
import-export-text = Taslaklar dâhil, çöp kutusunda olmayan her yazının bulunduğu tek JSON dosyası. Görseller, buradaki adresleriyle anılır. Yeniden içe aktarılabilir.
import-export-do = posts.json dosyasını indir
error-import-json = Bu dosya JSON biçiminde bir yazı listesi değil.
error-import-count = Bir dosyada 1 ile { $max } arasında yazı olabilir. Komut satırı daha fazlasını alır.
flash-import-done = Yazılar içe aktarıldı.

# Dosyadaki bir yazı için söylenenler. Bu sözlerin önünde ilgili alan veya dosya durur.
import-no-front = --- satırları arasında ön bilgi yok.
import-unreadable = Okunamıyor: { $error }
import-failed = Yazılamadı; nedeni günlükte.
import-unfit = Buradakilere uymuyor.
import-same-slug = Adresi { $place } ile aynı.
import-lang-unknown = “{ $lang }” bir dil değil: tr veya en.
import-lang-missing = Dil belirtilmemiş: --lang ile belirtin.
import-empty = İçinde okunacak bir şey yok.
import-date = “{ $date }” bir tarih değil.
import-status = “{ $status }” bir durum değil: draft, scheduled veya published.
import-others-unknown = Bilinmediği için alınmadı: { $names }.
import-unpublished = Dosyada taslak: okurlar artık görmüyor.
import-bodies = html, markdown ve content alanlarından birden fazlası var.
import-name-control = Bir adda denetim karakterleri var.
import-name-length = “{ $name }”, 1 ile { $max } harf arasında bir ad değil.
import-cut = { $max } harfe kısaltıldı.
import-author = Yazarı { $email } burada kimse değil.
import-translation = Çevirisi zaten “{ $slug }”.
import-cover-words = Yazılmamış, bu yüzden başlık alındı: kapakta ne göründüğünü yazın.
import-image-foreign = Bu görsel başka bir yerde duruyor ve indirilmez.
import-image-outside = Bu, klasörün içinde bir yol değil; görsel alınmadı.
import-image-missing = Böyle bir dosya yok; görsel alınmadı.
import-image-unknown = Bu adreste bir görsel yok.
import-image-no-files = Görsel dosyaları yalnızca komut satırıyla gelir; görsel alınmadı.
import-image-wordless = Metin bu görselde ne göründüğünü söylemiyor (alt); görsel alınmadı.
