//! Calendar days and moments as people in Turkey type and read them: zone `Europe/Istanbul`, storage in UTC.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::Istanbul;

use super::{Invalid, Lang};

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_TR: [&str; 12] = [
    "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim",
    "Kasım", "Aralık",
];
const DAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const DAYS_TR: [&str; 7] = [
    "Pazartesi",
    "Salı",
    "Çarşamba",
    "Perşembe",
    "Cuma",
    "Cumartesi",
    "Pazar",
];

/// `21.08.2026`, also with one-digit day or month, or `2026-08-21` as date inputs send it.
///
/// A year before 1900 or after 2199 is a slip of the hand: half-typed date inputs send `0202-…`.
pub fn parse(text: &str) -> Result<NaiveDate, Invalid> {
    let text = text.trim();
    let date = if text.contains('.') {
        let parts: Vec<&str> = text.split('.').collect();
        match parts[..] {
            [day, month, year] => from_parts(year, month, day, 1),
            _ => None,
        }
    } else {
        let parts: Vec<&str> = text.split('-').collect();
        match parts[..] {
            [year, month, day] => from_parts(year, month, day, 2),
            _ => None,
        }
    };
    date.filter(|date| (1900..=2199).contains(&date.year()))
        .ok_or(Invalid::Date)
}

fn from_parts(year: &str, month: &str, day: &str, least_digits: usize) -> Option<NaiveDate> {
    let number = |text: &str, least: usize, most: usize| -> Option<u16> {
        let well_formed =
            (least..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if well_formed { text.parse().ok() } else { None }
    };
    NaiveDate::from_ymd_opt(
        number(year, 4, 4)?.into(),
        number(month, least_digits, 2)?.into(),
        number(day, least_digits, 2)?.into(),
    )
}

/// The day that people in Turkey are living at this moment.
pub fn istanbul_date(moment: DateTime<Utc>) -> NaiveDate {
    moment.with_timezone(&Istanbul).date_naive()
}

/// The first moment of a day in Turkey.
pub fn day_start(date: NaiveDate) -> DateTime<Utc> {
    let midnight = date.and_time(NaiveTime::MIN);
    let hour = TimeDelta::hours(1);
    // Some summer times, the last in 1964, began at midnight: such a day starts where the gap ends.
    let after_gap = || Some(Istanbul.from_local_datetime(&(midnight - hour)).latest()? + hour);
    Istanbul
        .from_local_datetime(&midnight)
        .earliest()
        .or_else(after_gap)
        .map_or(midnight.and_utc(), |start| start.to_utc())
}

/// The first moment after a day in Turkey: what is valid until `date` ends here.
pub fn day_end(date: NaiveDate) -> DateTime<Utc> {
    day_start(date + Days::new(1))
}

/// `21.08.2026` or `21 Aug 2026`.
pub fn format_date(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::En => format!("{} {}", date.day(), format_month(date, lang)),
        Lang::Tr => date.format("%d.%m.%Y").to_string(),
    }
}

/// `21 Ağustos 2026 Cuma` or `Friday 21 August 2026`.
pub fn format_long_date(date: NaiveDate, lang: Lang) -> String {
    let (month, weekday) = (date.month0() as usize, date.weekday() as usize);
    let (day, year) = (date.day(), date.year());
    match lang {
        Lang::En => format!("{} {day} {} {year}", DAYS_EN[weekday], MONTHS_EN[month]),
        Lang::Tr => format!("{day} {} {year} {}", MONTHS_TR[month], DAYS_TR[weekday]),
    }
}

/// `Ağu 2026` or `Aug 2026`.
pub fn format_month(date: NaiveDate, lang: Lang) -> String {
    let name = match lang {
        Lang::En => MONTHS_EN,
        Lang::Tr => MONTHS_TR,
    }[date.month0() as usize];
    // In both languages the short name is the first three letters.
    let short: String = name.chars().take(3).collect();
    format!("{short} {}", date.year())
}

/// `21.08.2026 14:05` or `21 Aug 2026 14:05`, Istanbul time.
pub fn format_date_time(moment: DateTime<Utc>, lang: Lang) -> String {
    let local = moment.with_timezone(&Istanbul);
    format!(
        "{} {}",
        format_date(local.date_naive(), lang),
        local.format("%H:%M")
    )
}

#[cfg(test)]
mod tests {
    use super::{
        day_end, day_start, format_date, format_date_time, format_long_date, format_month,
        istanbul_date, parse,
    };
    use crate::types::golden::vectors;
    use crate::types::{Invalid, Lang};
    use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn every_day(from: &str, to: &str) -> impl Iterator<Item = NaiveDate> {
        let to = day(to);
        day(from).iter_days().take_while(move |date| *date <= to)
    }

    #[test]
    fn the_golden_dates_hold() {
        for case in vectors("date_tr").as_array().unwrap() {
            let input = case["input"].as_str().unwrap();
            let expected = case["iso"].as_str().map(day).ok_or(Invalid::Date);
            assert_eq!(parse(input), expected, "{input}");
        }
    }

    #[test]
    fn every_day_of_three_centuries_comes_back_from_both_forms() {
        for date in every_day("1900-01-01", "2199-12-31") {
            assert_eq!(parse(&format_date(date, Lang::Tr)), Ok(date));
            assert_eq!(parse(&date.to_string()), Ok(date));
        }
    }

    #[test]
    fn only_days_of_the_calendar_are_taken() {
        for year in [1900, 1999, 2000, 2023, 2024, 2100] {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for month in 0..=13 {
                let last = match month {
                    2 if leap => 29,
                    2 => 28,
                    4 | 6 | 9 | 11 => 30,
                    1..=12 => 31,
                    _ => 0,
                };
                for day in 0..=32 {
                    let exists = (1..=last).contains(&day);
                    for text in [
                        format!("{day:02}.{month:02}.{year}"),
                        format!("{day}.{month}.{year}"),
                        format!("{year}-{month:02}-{day:02}"),
                    ] {
                        assert_eq!(parse(&text).is_ok(), exists, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "",
            "bugün",
            "21.08.26",
            "21.08",
            "21.08.2026.",
            "2026.08.21",
            "21-08-2026",
            "2026-8-21",
            "20260821",
            "2026-08-21T10:00",
            "+21.08.2026",
            "21. 8.2026",
            "021.08.2026",
            "21.08.0026",
            "0202-08-21",
            "31.12.1899",
            "01.01.2200",
            "12026-08-21",
            "٢١.٠٨.٢٠٢٦",
        ] {
            assert_eq!(parse(text), Err(Invalid::Date), "{text}");
        }
        assert_eq!(parse(" 1.8.2026 "), Ok(day("2026-08-01")));
    }

    #[test]
    fn the_day_changes_at_midnight_in_istanbul() {
        assert_eq!(
            istanbul_date(moment("2026-08-20T20:59:59Z")),
            day("2026-08-20")
        );
        assert_eq!(
            istanbul_date(moment("2026-08-20T21:00:00Z")),
            day("2026-08-21")
        );
        assert_eq!(day_start(day("2026-08-21")), moment("2026-08-20T21:00:00Z"));
        assert_eq!(day_end(day("2026-08-21")), moment("2026-08-21T21:00:00Z"));
        assert_eq!(day_start(day("1964-05-15")), moment("1964-05-14T22:00:00Z"));
        // Winter time was two hours ahead of UTC until 2016.
        assert_eq!(day_start(day("2015-01-15")), moment("2015-01-14T22:00:00Z"));
    }

    #[test]
    fn every_day_begins_where_the_one_before_ends_whatever_the_clocks_did() {
        let instant = TimeDelta::microseconds(1);
        for date in every_day("1911-01-01", "2100-12-31") {
            let start = day_start(date);
            assert_eq!(istanbul_date(start), date);
            assert_eq!(
                istanbul_date(start - instant),
                date - Days::new(1),
                "{date}"
            );
            assert_eq!(day_end(date), day_start(date + Days::new(1)));
        }
    }

    #[test]
    fn dates_read_as_each_language_writes_them() {
        let date = day("2026-08-21");
        assert_eq!(format_date(date, Lang::Tr), "21.08.2026");
        assert_eq!(format_date(date, Lang::En), "21 Aug 2026");
        assert_eq!(format_long_date(date, Lang::Tr), "21 Ağustos 2026 Cuma");
        assert_eq!(format_long_date(date, Lang::En), "Friday 21 August 2026");
        assert_eq!(format_month(date, Lang::Tr), "Ağu 2026");
        assert_eq!(format_month(date, Lang::En), "Aug 2026");
        assert_eq!(format_date(day("2026-02-01"), Lang::Tr), "01.02.2026");
        assert_eq!(format_date(day("2026-02-01"), Lang::En), "1 Feb 2026");
    }

    #[test]
    fn english_names_agree_with_chrono_on_every_day_of_a_year() {
        for date in every_day("2026-01-01", "2026-12-31") {
            let expected = date.format("%A %-d %B %Y").to_string();
            assert_eq!(format_long_date(date, Lang::En), expected);
            assert_eq!(
                format_date(date, Lang::En),
                date.format("%-d %b %Y").to_string()
            );
        }
    }

    #[test]
    fn turkish_months_and_days_have_their_names() {
        let months = "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara";
        for (month, name) in (1..=12).zip(months.split(' ')) {
            let date = NaiveDate::from_ymd_opt(2026, month, 1).unwrap();
            assert_eq!(format_month(date, Lang::Tr), format!("{name} 2026"));
        }
        let week: Vec<String> = every_day("2026-08-17", "2026-08-23")
            .map(|date| format_long_date(date, Lang::Tr))
            .collect();
        assert_eq!(week[0], "17 Ağustos 2026 Pazartesi");
        assert_eq!(week[2], "19 Ağustos 2026 Çarşamba");
        assert_eq!(week[6], "23 Ağustos 2026 Pazar");
        assert_eq!(day("2026-08-23").weekday(), chrono::Weekday::Sun);
    }

    #[test]
    fn moments_are_shown_in_istanbul_time() {
        let noon = moment("2026-08-21T11:05:59Z");
        assert_eq!(format_date_time(noon, Lang::Tr), "21.08.2026 14:05");
        assert_eq!(format_date_time(noon, Lang::En), "21 Aug 2026 14:05");
        let evening = moment("2026-12-31T21:30:00Z");
        assert_eq!(format_date_time(evening, Lang::Tr), "01.01.2027 00:30");
    }
}
