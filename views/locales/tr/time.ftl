# Bir şeyin ne kadar önce olduğu.
ago-now = az önce
ago-minutes = { $count } dakika önce
ago-hours = { $count } saat önce
ago-days = { $count ->
    [one] dün
   *[other] { $count } gün önce
}
