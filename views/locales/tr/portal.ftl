# Portal
nav-portal = Firmam
portal-lead = Sizin için tuttuğumuz kayıtlar. Değişen bir şey varsa bize bildirin.
portal-services-none = Bizden aldığınız hizmetler, ücretleri ve sonraki yenileme tarihleriyle burada görünür.

# Yönetici müşterinin gözüyle bakarken
view-begin = Müşteri gözüyle bak
view-label = Müşteri gözüyle bakış
view-text = Portalı { $company } firmasının gördüğü gibi görüyorsunuz. Burada hiçbir şey değiştirilemez.
view-end = Ofise dön
audit-companies-view = Portala bu müşterinin gözüyle bakıldı
audit-companies-view-end = Müşteri gözüyle bakış bitti
