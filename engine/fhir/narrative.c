#include "fhir/narrative.h"

#include "base/xml.h"

static const struct slice allowed_elements[] = {
    SLICE_INIT("a"),      SLICE_INIT("abbr"),       SLICE_INIT("acronym"), SLICE_INIT("b"),
    SLICE_INIT("big"),    SLICE_INIT("blockquote"), SLICE_INIT("br"),      SLICE_INIT("caption"),
    SLICE_INIT("cite"),   SLICE_INIT("code"),       SLICE_INIT("col"),     SLICE_INIT("colgroup"),
    SLICE_INIT("dd"),     SLICE_INIT("dfn"),        SLICE_INIT("div"),     SLICE_INIT("dl"),
    SLICE_INIT("dt"),     SLICE_INIT("em"),         SLICE_INIT("h1"),      SLICE_INIT("h2"),
    SLICE_INIT("h3"),     SLICE_INIT("h4"),         SLICE_INIT("h5"),      SLICE_INIT("h6"),
    SLICE_INIT("hr"),     SLICE_INIT("i"),          SLICE_INIT("img"),     SLICE_INIT("kbd"),
    SLICE_INIT("li"),     SLICE_INIT("ol"),         SLICE_INIT("p"),       SLICE_INIT("pre"),
    SLICE_INIT("q"),      SLICE_INIT("samp"),       SLICE_INIT("small"),   SLICE_INIT("span"),
    SLICE_INIT("strong"), SLICE_INIT("sub"),        SLICE_INIT("sup"),     SLICE_INIT("table"),
    SLICE_INIT("tbody"),  SLICE_INIT("td"),         SLICE_INIT("tfoot"),   SLICE_INIT("th"),
    SLICE_INIT("thead"),  SLICE_INIT("tr"),         SLICE_INIT("tt"),      SLICE_INIT("ul"),
    SLICE_INIT("var"),
};

static const struct slice allowed_attributes[] = {
    SLICE_INIT("abbr"),        SLICE_INIT("accesskey"),  SLICE_INIT("align"),
    SLICE_INIT("alt"),         SLICE_INIT("axis"),       SLICE_INIT("bgcolor"),
    SLICE_INIT("border"),      SLICE_INIT("cellhalign"), SLICE_INIT("cellpadding"),
    SLICE_INIT("cellspacing"), SLICE_INIT("cellvalign"), SLICE_INIT("char"),
    SLICE_INIT("charoff"),     SLICE_INIT("charset"),    SLICE_INIT("cite"),
    SLICE_INIT("class"),       SLICE_INIT("colspan"),    SLICE_INIT("compact"),
    SLICE_INIT("coords"),      SLICE_INIT("dir"),        SLICE_INIT("frame"),
    SLICE_INIT("headers"),     SLICE_INIT("height"),     SLICE_INIT("href"),
    SLICE_INIT("hreflang"),    SLICE_INIT("hspace"),     SLICE_INIT("id"),
    SLICE_INIT("lang"),        SLICE_INIT("longdesc"),   SLICE_INIT("name"),
    SLICE_INIT("nowrap"),      SLICE_INIT("rel"),        SLICE_INIT("rev"),
    SLICE_INIT("rowspan"),     SLICE_INIT("rules"),      SLICE_INIT("scope"),
    SLICE_INIT("shape"),       SLICE_INIT("span"),       SLICE_INIT("src"),
    SLICE_INIT("start"),       SLICE_INIT("style"),      SLICE_INIT("summary"),
    SLICE_INIT("tabindex"),    SLICE_INIT("title"),      SLICE_INIT("type"),
    SLICE_INIT("valign"),      SLICE_INIT("value"),      SLICE_INIT("vspace"),
    SLICE_INIT("width"),
};

static bool is_in(struct slice name, const struct slice *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal(name, names[i]))
            return true;
    }
    return false;
}

/* A link a reader may choose to follow: no scheme at all (`#a`, `Patient/1`), or one that runs
 * nothing. Blanks and control characters, which browsers skip in a scheme, are refused. */
static bool is_safe_link(struct slice url)
{
    static const struct slice schemes[] = {SLICE_INIT("http:"), SLICE_INIT("https:"),
                                           SLICE_INIT("mailto:"), SLICE_INIT("tel:"),
                                           SLICE_INIT("urn:")};
    for (size_t i = 0; i < url.len; i++) {
        if ((unsigned char)url.ptr[i] <= ' ')
            return false;
    }
    if (slice_find_byte(url, ':') == url.len)
        return true;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (slice_equal_ignoring_case(slice_part(url, 0, schemes[i].len), schemes[i]))
            return true;
    }
    return slice_find_byte(url, '/') < slice_find_byte(url, ':');
}

/* What loads by itself must come from the resource: `#id` of a contained Binary or inline data. */
static bool is_inside(struct slice url)
{
    return slice_starts_with(url, SLICE("#")) || slice_starts_with(url, SLICE("data:image/"));
}

static bool is_safe_style(struct slice style)
{
    static const struct slice active[] = {SLICE_INIT("url"),     SLICE_INIT("expression"),
                                          SLICE_INIT("import"),  SLICE_INIT("behavior"),
                                          SLICE_INIT("binding"), SLICE_INIT("script")};
    if (slice_find_byte(style, '\\') < style.len || slice_find(style, SLICE("/*")) < style.len)
        return false; /* escapes and comments could hide the words below */
    for (size_t at = 0; at < style.len; at++) {
        for (size_t i = 0; i < sizeof(active) / sizeof(active[0]); i++) {
            if (slice_equal_ignoring_case(slice_part(style, at, active[i].len), active[i]))
                return false;
        }
    }
    return true;
}

static const char *check_attribute(const struct xml_attribute *attribute)
{
    if (!is_in(attribute->name, allowed_attributes,
               sizeof(allowed_attributes) / sizeof(allowed_attributes[0])))
        return "narrative has an attribute that is not allowed (txt-1)";
    if (slice_equal(attribute->name, SLICE("href")) && !is_safe_link(attribute->value))
        return "narrative has a link that is not allowed (txt-1)";
    if ((slice_equal(attribute->name, SLICE("src")) ||
         slice_equal(attribute->name, SLICE("longdesc"))) &&
        !is_inside(attribute->value))
        return "narrative has an image from outside the resource";
    if (slice_equal(attribute->name, SLICE("style")) && !is_safe_style(attribute->value))
        return "narrative has a style that is not allowed (txt-1)";
    return NULL;
}

static const char *check_element(const struct xml_element *element, bool *has_content)
{
    if (!slice_equal(element->name_space, SLICE("http://www.w3.org/1999/xhtml")))
        return "narrative has an element outside the XHTML namespace";
    if (!is_in(element->name, allowed_elements,
               sizeof(allowed_elements) / sizeof(allowed_elements[0])))
        return "narrative has an element that is not allowed (txt-1)";
    for (size_t i = 0; i < element->attribute_count; i++) {
        const char *fault = check_attribute(&element->attributes[i]);
        if (fault)
            return fault;
    }
    *has_content = *has_content || slice_trim(element->text).len > 0 ||
                   slice_equal(element->name, SLICE("img"));
    for (const struct xml_element *child = element->first_child; child; child = child->next) {
        const char *fault = check_element(child, has_content);
        if (fault)
            return fault;
    }
    return NULL;
}

const char *fhir_narrative_check(struct slice div, struct arena *arena,
                                 enum issue_severity *ret_severity)
{
    *ret_severity = ISSUE_ERROR;
    struct xml_document document;
    if (xml_parse(SLICE("div"), div, (struct xml_limits){0}, arena, &document, NULL))
        return "narrative is not well formed XHTML";
    if (!slice_equal(document.root->name, SLICE("div")))
        return "narrative is not one div element";
    bool has_content = false;
    const char *fault = check_element(document.root, &has_content);
    if (fault || has_content)
        return fault;
    *ret_severity = ISSUE_WARNING;
    return "narrative has no content (txt-2)";
}
