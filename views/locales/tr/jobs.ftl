### Sonra yapılan işler, yöneticiler için.

nav-jobs = İşler

job-states = Durumlarına göre işler
job-state-waiting = Bekliyor
job-state-delayed = Ertelendi
job-state-running = Çalışıyor
job-state-done = Tamamlandı
job-state-dead = Başarısız
job-state-discarded = Vazgeçildi
job-kind = Tür
job-attempts = Deneme
job-error = Son hata
job-since = Ne zamandır
job-due = Zamanı
job-created-at = Eklendi
job-worker = İşleyen
job-payload = İçerik
job-retry = Yeniden çalıştır
job-run = Şimdi çalıştır
job-discard = Vazgeç
job-none = Burada iş yok
job-none-text-waiting = Çalışabilecek her iş çalışıyor ya da bitti.
job-none-text-delayed = Zamanını bekleyen iş yok.
job-none-text-running = Şu anda üzerinde çalışılan bir iş yok.
job-none-text-done = Tamamlanan işler burada bir hafta kalır.
job-none-text-dead = Vazgeçilen iş yok. Çok kez başarısız olan bir iş, hatasıyla birlikte burada görünür.
job-none-text-discarded = Kimse bir işten vazgeçmedi.
job-schedules = Zamanlanmış işler
job-schedules-none = Henüz bir işleyen başlamadı, bu yüzden zamanlanmış iş yok.
job-cron = Zamanlar (İstanbul)
job-next = Sıradaki
job-last = Son
job-live-on = Bu sayfa kuyruğu beş saniyede bir izler.
job-live-pause = Duraklat
job-live-off = Bu sayfa duruyor.
job-live-resume = Kuyruğu izle

flash-jobs-retried = İş bir sonraki çalışmasını bekliyor.
flash-jobs-run = İş bir işleyeni bekliyor.
flash-jobs-discarded = İşten vazgeçildi. Buradan yeniden çalıştırılabilir.
flash-jobs-moved-on = İş çoktan ilerlemişti: şimdiki hâli bu.
flash-jobs-hastened = { $kind }, bir işleyen bakar bakmaz çalışır.
