//! Markdown and HTML as nobody should write it, and as everybody does.

use std::time::Duration;

use proptest::prelude::{
    ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use rustix::time::{ClockId, clock_gettime};

use super::{
    Heading, LONGEST, Options, Refused, Rendered, clean, embed, excerpt, images, images_of_html,
    outline, plain, render,
    scan::{Token, Tokens, name},
    with_sources,
};

fn drawn(markdown: &str) -> Rendered {
    render(markdown, &Options::default()).unwrap()
}

fn html(markdown: &str) -> String {
    drawn(markdown).html
}

/// Every tag of cleaned HTML: nothing but what the allow-list names, and ids of ours.
fn check(html: &str) {
    for token in Tokens(html) {
        let tag = match token {
            Token::Text(text) => {
                assert!(!text.contains('<'), "{text}");
                continue;
            }
            Token::Tag(tag) => tag,
        };
        let (name, _) = name(tag);
        assert!(
            super::clean::tests::TAGS_KEPT.contains(&name.as_str()) && name != "h1",
            "{tag}"
        );
        let mut rest = tag;
        while let Some((head, tail)) = rest.split_once("=\"") {
            let (value, next) = tail.split_once('"').unwrap();
            let attribute = head.rsplit([' ', '\n']).next().unwrap();
            let is_known = [
                "href", "title", "class", "id", "src", "alt", "width", "height", "start",
                "colspan", "rowspan", "scope", "rel", "loading", "decoding",
            ]
            .contains(&attribute);
            assert!(is_known, "{tag}");
            match attribute {
                "id" => assert!(
                    ["h-", "fn-", "fnref-"]
                        .iter()
                        .any(|ours| value.starts_with(ours)),
                    "{tag}"
                ),
                "src" => assert!(value.starts_with("/media/"), "{tag}"),
                "href" => {
                    let lower = value.to_ascii_lowercase();
                    let scheme = lower.split([':', '/', '#', '?']).next().unwrap();
                    assert!(
                        !["javascript", "data", "vbscript", "file", "blob"]
                            .contains(&scheme.trim()),
                        "{tag}"
                    );
                    if lower.starts_with("http") {
                        assert!(tag.contains("rel=\"nofollow noopener\""), "{tag}");
                    }
                }
                _ => {}
            }
            rest = next;
        }
    }
}

#[test]
fn ordinary_markdown_is_drawn_as_everybody_knows_it() {
    assert_eq!(
        html("**Kalın** ve *eğik* ~~eski~~ `kod`"),
        "<p><strong>Kalın</strong> ve <em>eğik</em> <del>eski</del> <code>kod</code></p>\n"
    );
    assert_eq!(
        html("- [x] oldu\n- [ ] olmadı"),
        "<ul>\n<li>☑ oldu</li>\n<li>☐ olmadı</li>\n</ul>\n"
    );
    assert_eq!(
        html("```rust\nlet a = \"<b>\";\n```"),
        "<pre><code class=\"language-rust\">let a = \"&lt;b&gt;\";\n</code></pre>\n"
    );
    let table = html("| a | b |\n|---|--:|\n| 1 | 2 |");
    assert!(
        table.contains("<th>a</th><th class=\"right\">b</th>"),
        "{table}"
    );
    assert!(table.contains("<td class=\"right\">2</td>"), "{table}");
}

#[test]
fn footnotes_lead_there_and_back_under_names_of_ours() {
    let html = html("Bir[^getElementById] ve yine[^getElementById].\n\n[^getElementById]: Not.");
    assert_eq!(html.matches("id=\"fnref-1\"").count(), 1, "{html}");
    assert_eq!(html.matches("href=\"#fn-1\"").count(), 2, "{html}");
    assert!(html.contains("<div class=\"footnote\" id=\"fn-1\"><a href=\"#fnref-1\">1.</a>"));
    assert!(!html.contains("getElementById"), "{html}");
}

#[test]
fn headings_get_turkish_ids_that_are_unique_and_begin_at_the_second_level() {
    let drawn = drawn(
        "# İÇİNDEKİLER & Işık\n\n## ISPARTA\n\n## Isparta\n\n## Isparta 2\n\n### *ığdır* `x`\n\n##\n\n## 🎉",
    );
    let heading = |level, id: &str, text: &str| Heading {
        level,
        id: id.into(),
        text: text.into(),
    };
    assert_eq!(
        drawn.toc,
        [
            heading(2, "h-icindekiler-isik", "İÇİNDEKİLER & Işık"),
            heading(2, "h-isparta", "ISPARTA"),
            heading(2, "h-isparta-2", "Isparta"),
            heading(2, "h-isparta-2-2", "Isparta 2"),
            heading(3, "h-igdir-x", "ığdır x"),
            heading(2, "h-h", "🎉"),
        ]
    );
    assert!(
        drawn
            .html
            .starts_with("<h2 id=\"h-icindekiler-isik\">İÇİNDEKİLER &amp; Işık</h2>"),
        "{}",
        drawn.html
    );
    assert!(!drawn.html.contains("<h2></h2>") && !drawn.html.contains("<h1"));
}

#[test]
fn cleaning_what_was_drawn_changes_nothing() {
    for markdown in [
        "# Bir\n\n## Bir\n\n[a](https://a.example \"t\") ![b](/media/b.webp)\n\n> c[^1]\n\n[^1]: d\n",
        "| a |\n|:-:|\n| [b](/c?d=1&e=2) |\n\n```js\nif (a < b && c) {}\n```\n",
        "<details><summary>a</summary>\n\nb &amp; c&nbsp;d\n\n</details>",
    ] {
        let drawn = drawn(markdown);
        let again = clean(&drawn.html, &Options::default()).unwrap();
        // A link that has its `rel` is given it anew.
        assert_eq!(again, drawn);
    }
}

#[test]
fn html_within_markdown_stays_what_it_is() {
    for html in [
        "<p>Bir</p>\n\n    <p>iki *üç*</p>\n\n\n<pre><code>a\n\n    b\n# c</code></pre>\n\n<ul><li>d</li></ul>",
        "<pre>a\n\n\nb</pre><p>c</p>",
        "yalın <b>yazı</b>\n\n# başlık değil",
        "<h1>a</h1>\n\n<p title=\"x\n\ny\">b</p><script>\n\n</script>",
        "",
    ] {
        let embedded = embed(html, &Options::default());
        let blank = |html: &str| html.split_whitespace().collect::<String>();
        let unwrapped = |html: String| {
            let html = html.trim();
            let inner = html
                .strip_prefix("<div>\n")
                .and_then(|html| html.strip_suffix("\n</div>"));
            blank(inner.unwrap_or(html))
        };
        let direct = clean(html, &Options::default()).unwrap();
        let through = drawn(&embedded);
        assert_eq!(unwrapped(through.html), blank(&direct.html), "{embedded}");
        assert_eq!(embed(&embedded, &Options::default()), embedded);
    }
    let lines = drawn(&embed("<pre>a\n\nb</pre>", &Options::default()));
    assert!(lines.html.contains("<pre>a\n\nb</pre>"), "{}", lines.html);
}

#[test]
fn what_could_run_is_gone() {
    for (nasty, left) in [
        ("<script>alert(1)</script>", ""),
        ("<svg onload=alert(1)>", ""),
        ("<svg><script>alert(1)</script></svg>", ""),
        ("<img src=x onerror=alert(1)>", ""),
        ("<form action=/logout><button>a</button></form>", "a"),
        ("<base href=//evil.example>", ""),
        ("<iframe src=//evil.example></iframe>", ""),
        ("<style>*{display:none}</style>", ""),
        ("<p style=\"position:fixed\">a</p>", "<p>a</p>"),
        (
            "<p hx-get=/x hx-on:click=alert(1) data-hx-post=/x data-x=1>a</p>",
            "<p>a</p>",
        ),
        ("<div id=htmx-config class=modal>a</div>", "<div>a</div>"),
        ("<p id=forms name=body>a</p>", "<p>a</p>"),
        ("<meta http-equiv=refresh content=0>", ""),
        ("<h2 id=cookie onclick=x>a</h2>", "<h2 id=\"h-a\">a</h2>"),
        (
            "<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">",
            "",
        ),
        (
            "<a name=\"x\" target=_blank href=\"/a\">a</a>",
            "<a href=\"/a\">a</a>",
        ),
        (
            "<code class=\"language-x htmx-indicator\">a</code>",
            "<code>a</code>",
        ),
    ] {
        let cleaned = clean(nasty, &Options::default()).unwrap().html;
        assert_eq!(cleaned.trim(), left, "{nasty}");
        let drawn = html(nasty);
        check(&drawn);
        assert!(!drawn.contains("alert"), "{nasty} → {drawn}");
    }
}

#[test]
fn links_lead_where_a_browser_may_go() {
    for nasty in [
        "[x](javascript:alert(1))",
        "[x](JaVa&#115;cript:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#x6A;avascript&colon;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "<a href=\" javascript:alert(1)\">x</a>",
        "<a href=\"java&Tab;script:alert(1)\">x</a>",
        "<a href=\"java&#10;script:alert(1)\">x</a>",
        "<a href=\"&#1;javascript:alert(1)\">x</a>",
    ] {
        let html = html(nasty);
        assert!(!html.contains("href"), "{nasty} → {html}");
        check(&html);
    }
    let rel = " rel=\"nofollow noopener\"";
    for (markdown, is_outside) in [
        ("[x](https://evil.example/)", true),
        ("[x](//evil.example/)", true),
        ("<a href='/\\evil.example'>x</a>", true),
        ("<a href='\\\\evil.example'>x</a>", true),
        ("<https://evil.example/>", true),
        ("[x](/\\evil.example)", false),
        ("[x](/blog/a)", false),
        ("[x](#h-a)", false),
        ("[x](mailto:a@example.com)", false),
        ("[x](https://prosektor.example/blog)", false),
    ] {
        let options = Options {
            host: Some("prosektor.example".into()),
            ..Options::default()
        };
        let html = render(markdown, &options).unwrap().html;
        assert!(html.contains("href"), "{markdown} → {html}");
        assert_eq!(html.contains(rel), is_outside, "{markdown} → {html}");
    }
}

#[test]
fn images_of_others_are_words_unless_they_are_allowed() {
    let foreign = "![Bir <resim>](https://evil.example/a.png)";
    assert_eq!(html(foreign), "<p>Bir &lt;resim&gt;</p>\n");
    for src in [
        "//evil.example/media/a.png",
        "/media/../logout",
        "/a.png",
        "data:image/png;base64,AA",
        "media/a.png",
    ] {
        let html = html(&format!("![x]({src})"));
        assert!(!html.contains("<img"), "{src} → {html}");
    }
    assert_eq!(
        html("![Bir](/media/ab.webp)"),
        "<p><img src=\"/media/ab.webp\" alt=\"Bir\" loading=\"lazy\" decoding=\"async\"></p>\n"
    );
    let options = Options {
        foreign_images: ["evil.example".to_owned()].into(),
        ..Options::default()
    };
    assert!(
        render(foreign, &options)
            .unwrap()
            .html
            .contains("<img src=\"https://evil")
    );
    let data = render("![x](data:image/svg+xml,<svg>)", &options).unwrap();
    assert!(!data.html.contains("<img"));
}

/// What the processor has done for this thread, whatever else it has to do.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

/// Draws and cleans a text, and both together take no longer than a page may.
fn refused_or_quick(name: &str, text: &str) -> [Result<Rendered, Refused>; 2] {
    let begin = worked();
    let drawn = render(text, &Options::default());
    let cleaned = clean(text, &Options::default());
    let took = worked().saturating_sub(begin);
    // Our own part is slow in a build for tests.
    let bound = if cfg!(debug_assertions) { 3000 } else { 200 };
    assert!(took < Duration::from_millis(bound), "{name}: {took:?}");
    for rendered in [&drawn, &cleaned].into_iter().flatten() {
        check(&rendered.html);
    }
    [drawn, cleaned]
}

#[test]
fn what_would_take_long_is_refused_or_quick() {
    let long = |text: &str| text.repeat(LONGEST / text.len());
    // What is quick takes its time in a build for tests.
    let tags =
        |text: &str| text.repeat(LONGEST / if cfg!(debug_assertions) { 4 } else { 1 } / text.len());
    let unended = |count: usize, rest: &str| {
        let begins: Vec<String> = (0..count).map(|n| format!("<b title={n}>")).collect();
        let mut html = begins.concat();
        html.push_str(&rest.repeat((LONGEST - html.len()) / rest.len()));
        html
    };
    let nested = format!("{}a", "> ".repeat(10_000));
    for (name, text) in [
        ("brackets", long("[")),
        ("images", long("![")),
        ("links", long("[a](")),
        ("stars", long("*a_ ")),
        ("backticks", (1..700).map(|n| "`".repeat(n) + " ").collect()),
        ("quotes", nested),
        ("lists", long("- ")),
        (
            "deep lists",
            (0..500).map(|n| " ".repeat(n) + "- a\n").collect(),
        ),
        (
            "references",
            format!("[a]: /{}\n\n{}", "x".repeat(20_000), "[a] ".repeat(50_000)),
        ),
        (
            "notes",
            (0..8000)
                .map(|n| format!("[^{n}] "))
                .collect::<Vec<_>>()
                .concat(),
        ),
        ("headings", long("# a\n")),
        (
            "tables",
            format!("|{}\n|{}\n", "a|".repeat(5000), "-|".repeat(5000)) + &"|\n".repeat(2000),
        ),
        ("divs", long("<div>")),
        ("bold", long("<b>")),
        ("unended", unended(60, "<p>")),
        ("more unended", unended(20, "<p>x")),
        ("entities", long("&amp;")),
        ("comments", long("<!--")),
        ("attributes", format!("<p {}>", long("a=1 "))),
        ("open tags", long("<a ")),
        ("paragraphs", tags("<p>a b c")),
        ("select", tags("<select><option>")),
        ("links of html", tags("<a href=b>c")),
        ("table text", format!("<table>{}", tags("<a>b"))),
        ("table rows", format!("<table>{}", tags("<tr><td>b"))),
        (
            "between",
            format!("{}<table>{}", "<hr>".repeat(9000), "b<i>".repeat(9000)),
        ),
        ("adopted", tags("<b><p>c</b>")),
        ("adopted links", tags("<a><div>b</a>")),
        ("loose ends", tags("</p></b></li>")),
        ("forms", tags("<form><div></form>")),
        ("templates", tags("<template>")),
        ("frames", tags("<svg><foreignObject>")),
        ("equations", tags("<math><mi>")),
        ("open quotes", tags("<a \"")),
        (
            "distinct attributes",
            (0..40_000).fold("<p".to_owned(), |tag, n| format!("{tag} {n:x}")),
        ),
        (
            "quoted attributes",
            (0..20_000).fold("<p".to_owned(), |tag, n| format!("{tag} {n:x}=\"\"")),
        ),
        (
            "attributes that are compared",
            (0..50).map(|n| with_attributes(n, 100)).collect::<String>() + &tags("<b></b>"),
        ),
        (
            "attributes that are repeated",
            (0..3).map(|n| with_attributes(n, 100)).collect::<String>() + &tags("<p>a"),
        ),
    ] {
        drop(refused_or_quick(name, &text));
    }
    let million = "[".repeat(1 << 20);
    assert_eq!(render(&million, &Options::default()), Err(Refused::TooLong));
    let quotes = ">".repeat(10_000);
    assert_eq!(render(&quotes, &Options::default()), Err(Refused::TooDeep));
    let divs = "<div>".repeat(10_000);
    assert_eq!(clean(&divs, &Options::default()), Err(Refused::TooDeep));
}

/// A formatting element with so many attributes.
fn with_attributes(nth: usize, count: usize) -> String {
    let attributes: Vec<String> = (0..count).map(|n| format!("a{n}={nth}")).collect();
    format!("<b {}>", attributes.join(" "))
}

#[test]
fn what_hides_its_depth_is_refused_all_the_same() {
    for hidden in [
        "<li><dd>",
        "<div x\">",
        "<!x \"><div>",
        "<!-- --!><div>",
        "<!--><div>",
        "<!---><div>",
        "<? \"><div>",
        "</x \"><div>",
        "<div><textarea></div></textarea>",
        "<div><style><!--</style>",
        "<div><script></div></script>",
        "<div><title></div></title>",
        "<div><!-- </div> -->",
        "<div title='</div>'>",
        "<div/>",
        "<table><tr><td>",
        "<dl><dt><dl>",
        "<svg><g>",
        "<xyz>",
        "<ul><li>",
    ] {
        let text = hidden.repeat(LONGEST / hidden.len());
        let [_, cleaned] = refused_or_quick(hidden, &text);
        assert_eq!(cleaned, Err(Refused::TooDeep), "{hidden}");
    }
}

#[test]
fn what_people_write_is_not_refused() {
    let long = |text: &str| text.repeat(LONGEST / text.len());
    let lists = "<ul><li>a".repeat(30);
    let word = format!(
        "<!--[if gte mso 9]><xml>{}</xml><![endif]-->",
        "<w:LsdException Locked=\"false\" Name=\"Normal\"/>\n".repeat(370)
    );
    for html in [
        long("<p>Bir <b>iki</b> <a href=\"/uc\">üç</a> <em>dört</em>.</p>\n"),
        long("<ul><li>a</li><li>b<ol><li>c</ol></ul>"),
        format!("<table>{}</table>", long("<tr><td>a</td><td>b</td></tr>")),
        long("<p><span style=\"x\"><font face=\"a\" size=\"2\"><b>a</b></font></span></p>"),
        long("<b><p>a</b></p>"),
        word,
        lists,
        format!(
            "<img src=\"data:image/png;base64,{}\">",
            long(&format!("{}/", "iVBORw0".repeat(9)))
        ),
    ] {
        let cleaned = clean(&html, &Options::default());
        assert!(cleaned.is_ok(), "{}: {cleaned:?}", &html[..60]);
    }
}

#[test]
fn a_heading_that_is_an_image_stays_and_is_not_in_the_table_of_contents() {
    let drawn = drawn("# ![Baret](/media/ab.webp)\n\n## Bir ![iki](/media/ab.webp)\n\n##");
    let image = "<img src=\"/media/ab.webp\" alt=";
    assert!(
        drawn.html.starts_with(&format!("<h2>{image}\"Baret\"")),
        "{}",
        drawn.html
    );
    assert!(drawn.html.contains(image), "{}", drawn.html);
    assert_eq!(drawn.toc.len(), 1);
    assert_eq!(drawn.html.matches("<h2").count(), 2, "{}", drawn.html);
    assert_eq!(outline(&drawn.html), drawn.toc);
    let again = clean(&drawn.html, &Options::default()).unwrap();
    assert_eq!(again.html, drawn.html);
}

#[test]
fn code_about_alignment_is_shown_as_it_was_written() {
    let code = "<th style=\"text-align: left\"> style=\"text-align: right\"";
    for markdown in [format!("`{code}`"), format!("```\n{code}\n```")] {
        let text = plain(&html(&markdown));
        assert_eq!(text, code);
    }
    let text = html("a style=\"text-align: center\" b");
    assert_eq!(text, "<p>a style=\"text-align: center\" b</p>\n");
}

#[test]
fn words_are_counted_and_read_in_minutes() {
    assert_eq!(drawn("").words, 0);
    assert_eq!(drawn("").reading_minutes(), 1);
    let drawn = drawn("# Bir iki\n\n- üç\n- **dö**rt & beş\n\n— …");
    assert_eq!(drawn.words, 5);
    assert_eq!(html_of(201).reading_minutes(), 2);
}

fn html_of(words: usize) -> Rendered {
    drawn(&"kelime ".repeat(words))
}

#[test]
fn plain_text_has_blanks_between_blocks_and_none_within_words() {
    let html = html("a **b**c\n\n- d\n- e &lt;f&gt;\n\n```\ng\n```");
    assert_eq!(plain(&html), "a bc d e <f> g");
}

#[test]
fn an_excerpt_ends_at_a_word() {
    assert_eq!(excerpt("Kısa yazı", 20), "Kısa yazı");
    assert_eq!(excerpt("Şöyle bir, yazı", 12), "Şöyle bir…");
    assert_eq!(excerpt("Bölünmezuzunkelime", 6), "Bölün…");
}

/// What makes trees.
fn branches() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<b x>",
        "<i>",
        "</i>",
        "<a>",
        "</a>",
        "<nobr>",
        "<li>",
        "<dd>",
        "<dt>",
        "<ul>",
        "</ul>",
        "<table>",
        "</table>",
        "<tr>",
        "<td>",
        "</td>",
        "<caption>",
        "<colgroup>",
        "<col>",
        "<tbody>",
        "<select>",
        "<option>",
        "</select>",
        "<button>",
        "<form>",
        "</form>",
        "<h1>",
        "</h2>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mi>",
        "<desc>",
        "<foreignObject>",
        "<template>",
        "</template>",
        "<object>",
        "<applet>",
        "<marquee>",
        "<ruby>",
        "<rt>",
        "<rp>",
        "<textarea>",
        "</textarea>",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<title>",
        "</title>",
        "<plaintext>",
        "<xmp>",
        "</xmp>",
        "<iframe>",
        "<frameset>",
        "<body a>",
        "<html a>",
        "<head>",
        "</body>",
        "</br>",
        "<img>",
        "<hr>",
        "<!--",
        "-->",
        "--!>",
        "<!x \">",
        "<?",
        "</x \">",
        "<div x\">",
        "<div x=\"",
        "\"",
        "'",
        ">",
        "<![CDATA[",
        "]]>",
        "a",
        " ",
        "\n",
        "&amp;",
        "\0",
    ]);
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

/// Pieces that mean something to one of the two parsers.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "<",
            ">",
            "</",
            "/>",
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<svg",
            "<math>",
            "<style>",
            "</style>",
            "<script>",
            "</script>",
            "<noscript>",
            "<textarea>",
            "<title>",
            "<template>",
            "<table>",
            "<p ",
            "<a ",
            "<img ",
            "<b>",
            "</b>",
            "<h1>",
            "</h2>",
            "href=",
            "src=",
            "style=",
            "id=",
            "class=",
            "onload=",
            "hx-get=",
            "data-hx-on:click=",
            "javascript:",
            "JaVa&#115;cript:",
            "data:text/html,",
            "//evil.example",
            "/media/a",
            "\"",
            "'",
            "`",
            "```\n",
            "# ",
            "> ",
            "- ",
            "[",
            "]",
            "(",
            ")",
            "![",
            "](",
            "![a](b.jpg)",
            "<img src=",
            "]: ",
            "[^1]",
            "[^1]: ",
            "|",
            "|-|\n",
            "&lt;",
            "&amp;",
            "&#x3C;",
            "\n",
            "\n\n",
            "\t",
            " ",
            "=",
            "İ",
            "ı",
            "a",
            "\u{0}",
            "\u{202e}",
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_is_typed_nothing_but_what_is_allowed_comes_out(text in pieces()) {
        for rendered in [
            render(&text, &Options::default()),
            clean(&text, &Options::default()),
        ] {
            let Ok(rendered) = rendered else { continue };
            check(&rendered.html);
            let again = clean(&rendered.html, &Options::default()).unwrap();
            prop_assert_eq!(&again.html, &rendered.html);
            prop_assert!(!plain(&rendered.html).contains("  "));
            let mut ids: Vec<&str> = rendered.toc.iter().map(|heading| heading.id.as_str()).collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), all);
            prop_assert_eq!(&outline(&rendered.html), &rendered.toc);
        }
    }

    /// The way of an import: what is embedded is drawn as what it was cleaned to.
    #[test]
    fn whatever_is_brought_in_nothing_but_what_is_allowed_comes_out(text in pieces()) {
        let options = Options::default();
        if let Ok(cleaned) = clean(&text, &options) {
            let embedded = embed(&text, &options);
            let drawn = render(&embedded, &options).unwrap();
            check(&drawn.html);
            let letters = |html: &str| plain(html).split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&drawn.html), letters(&cleaned.html), "{}", embedded);
            let images = |html: &str| html.matches("<img").count();
            prop_assert_eq!(images(&drawn.html), images(&cleaned.html), "{}", embedded);
        }
    }

    #[test]
    fn whatever_is_typed_sources_are_found_where_they_stand(text in pieces()) {
        for find in [images, images_of_html] {
            let found = find(&text);
            let same = found.iter().map(|shown| (shown.at.clone(), text[shown.at.clone()].to_owned()));
            prop_assert_eq!(&with_sources(&text, same.collect()), &text);
            let others = found.iter().map(|shown| (shown.at.clone(), "n.jpg".to_owned()));
            let changed = with_sources(&text, others.collect());
            prop_assert_eq!(changed.contains("n.jpg"), !found.is_empty(), "{}", changed);
        }
    }
}

proptest! {
    // Each is long.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 8, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_repeated_is_refused_or_quick(begin in branches(), text in branches()) {
        let text = begin + &text.repeat(LONGEST / 4 / text.len());
        drop(refused_or_quick(&text[..text.floor_char_boundary(200)], &text));
    }
}
