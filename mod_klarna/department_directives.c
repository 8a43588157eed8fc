/* SPDX-License-Identifier: Apache-2.0 */
/* See department_directives.h. */
#include "department_directives.h"

#include <apr_strings.h>
#include <string.h>
#include "container.h"
#include "core/json.h"
#include "core/limits.h"
#include "department_settings.h"
#include "klarna_module.h"

#define LEAST_TIME_OUT apr_time_from_sec(1)
#define MOST_TIME_OUT apr_time_from_sec(46 * 3600) /* Klarna's own end of a payment */

static kl_server_settings_t *settings_of(cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &klarna_module);
}

/* The department being read; NULL outside of any, and *error says so. */
static kl_department_t *department_here(cmd_parms *cmd, const char **error)
{
    kl_department_t *department = settings_of(cmd)->open_department;

    *error = department
                 ? NULL
                 : apr_psprintf(cmd->pool, "%s belongs into a <KlarnaDepartment>", cmd->cmd->name);
    return department;
}

/* --- the container ---------------------------------------------------------------------------- */

static int may_stand_here(const char *directive)
{
    static const char *const others[] = {"KlarnaCredentials", "KlarnaTillTimeout",
                                         "KlarnaInvoiceFinalize"};

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcasecmp(directive, others[i]) == 0) {
            return 1;
        }
    }
    return strncasecmp(directive, "KlarnaInStore", strlen("KlarnaInStore")) == 0;
}

/* A setting of the store must not look as if it were of one department. */
static const char *check_content(cmd_parms *cmd)
{
    const ap_directive_t *line;

    for (line = cmd->directive->first_child; line; line = line->next) {
        if (!may_stand_here(line->directive)) {
            return apr_psprintf(cmd->pool,
                                "%s is not a setting of a department: write it outside of "
                                "<KlarnaDepartment>",
                                line->directive);
        }
    }
    return NULL;
}

const char *kl_department_directives_open(cmd_parms *cmd, void *unused, const char *arguments)
{
    kl_server_settings_t *cfg = settings_of(cmd);
    kl_account_settings_t *store;
    const char *name = NULL;
    const char *error = kl_container_name(cmd, arguments, &name);

    (void)unused;
    error = error ? error : check_content(cmd);
    if (error) {
        return error;
    }
    store = cfg->open ? cfg->open : kl_settings_account_made(cmd->pool, cfg, KL_DEFAULT_STORE);
    cfg->open_department = kl_department_settings_made(cmd->pool, store->departments,
                                                       store->account.name, name);
    error = ap_walk_config(cmd->directive->first_child, cmd, cmd->context);
    cfg->open_department = NULL;
    return error;
}

kl_account_settings_t *kl_department_directives_account(cmd_parms *cmd)
{
    kl_server_settings_t *cfg = settings_of(cmd);
    const kl_department_t *department = cfg->open_department;
    const char *name = apr_pstrcat(cmd->temp_pool, department->store, ".", department->name, NULL);
    kl_account_settings_t *account = kl_settings_account_made(cmd->pool, cfg, name);

    account->store = department->store;
    return account;
}

/* --- what a department is told ---------------------------------------------------------------- */

const char *kl_department_directives_way(cmd_parms *cmd, void *unused, const char *word)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);

    (void)unused;
    if (!department) {
        return error;
    }
    department->on = kl_instore_way_parse(word, &department->way);
    if (!department->on && strcmp(word, "off") != 0) {
        return apr_psprintf(cmd->pool, "KlarnaInStore: expected hosted_page, qr or off, not '%s'",
                            word);
    }
    return NULL;
}

/* The table's market of a pair "SE/SEK", or NULL and *error. */
static const kl_country_t *market_of(cmd_parms *cmd, const char *pair, const char **error)
{
    const char *slash = strchr(pair, '/');
    const kl_country_t *country =
        slash ? kl_country_find(apr_pstrmemdup(cmd->temp_pool, pair, slash - pair)) : NULL;

    if (!country) {
        *error = apr_psprintf(cmd->pool,
                              "KlarnaInStoreMarkets: expected a country in which Klarna sells and "
                              "its currency, such as SE/SEK, not '%s'",
                              pair);
        return NULL;
    }
    if (strcmp(country->currency, slash + 1) != 0) {
        *error = apr_psprintf(cmd->pool, "KlarnaInStoreMarkets: expected %s/%s, not '%s'",
                              country->code, country->currency, pair);
        return NULL;
    }
    return country;
}

static int has_market(const apr_array_header_t *markets, const kl_country_t *country)
{
    for (int i = 0; i < markets->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(markets, i, kl_market_t).country, country->code) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Called once for each pair. */
const char *kl_department_directives_market(cmd_parms *cmd, void *unused, const char *pair)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);
    const kl_country_t *country = department ? market_of(cmd, pair, &error) : NULL;

    (void)unused;
    if (!country) {
        return error;
    }
    if (!department->markets) {
        department->markets = apr_array_make(cmd->pool, 4, sizeof(kl_market_t));
    }
    if (has_market(department->markets, country)) {
        return apr_psprintf(cmd->pool, "KlarnaInStoreMarkets: %s is given twice", pair);
    }
    APR_ARRAY_PUSH(department->markets, kl_market_t) = (kl_market_t){country->code,
                                                                     country->currency};
    return NULL;
}

const char *kl_department_directives_place(cmd_parms *cmd, void *unused, const char *word)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);

    (void)unused;
    if (!department) {
        return error;
    }
    department->places_only = strcmp(word, "PLACE_ORDER") == 0;
    if (!department->places_only && strcmp(word, "CAPTURE_ORDER") != 0) {
        return apr_psprintf(cmd->pool,
                            "KlarnaInStorePlace: expected CAPTURE_ORDER or PLACE_ORDER, not '%s'",
                            word);
    }
    return NULL;
}

const char *kl_department_directives_refunds(cmd_parms *cmd, void *unused, int on)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);

    (void)unused;
    if (department) {
        department->refunds = on;
    }
    return error;
}

/* Called once for each word. */
const char *kl_department_directives_send(cmd_parms *cmd, void *unused, const char *word)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);
    int sms = strcmp(word, "sms") == 0, email = strcmp(word, "email") == 0;

    (void)unused;
    if (!department) {
        return error;
    }
    if (!sms && !email && strcmp(word, "none") != 0) {
        return apr_psprintf(cmd->pool, "KlarnaInStoreSend: expected sms, email or none, not '%s'",
                            word);
    }
    department->sends_sms = sms || department->sends_sms == 1;
    department->sends_email = email || department->sends_email == 1;
    return NULL;
}

/* httpd's own times know "min", but people write "30m". */
static const char *with_minutes(apr_pool_t *p, const char *text)
{
    apr_size_t digits = strspn(text, "0123456789");

    return digits && strcasecmp(text + digits, "m") == 0 ? apr_pstrcat(p, text, "in", NULL) : text;
}

const char *kl_department_directives_time_out(cmd_parms *cmd, void *unused, const char *text)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);
    apr_interval_time_t value = 0;

    (void)unused;
    if (!department) {
        return error;
    }
    if (strcasecmp(text, "off") != 0
        && (ap_timeout_parameter_parse(with_minutes(cmd->temp_pool, text), &value, "s")
                != APR_SUCCESS
            || value < LEAST_TIME_OUT || value > MOST_TIME_OUT)) {
        return apr_psprintf(cmd->pool,
                            "KlarnaTillTimeout: expected a time from 1s to 46h, such as 30m, or "
                            "off, not '%s'",
                            text);
    }
    department->time_out = value;
    return NULL;
}

/* NULL, or what is wrong with a text that goes to Klarna. */
static const char *check_text(cmd_parms *cmd, const char *what, const char *text, apr_size_t most)
{
    if (!text[0] || strlen(text) > most || !kl_json_is_text(text)) {
        return apr_psprintf(cmd->pool, "%s: the %s has 1 to %d bytes of UTF-8", cmd->cmd->name,
                            what, (int)most);
    }
    return NULL;
}

const char *kl_department_directives_profile(cmd_parms *cmd, void *unused, const char *id)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);

    (void)unused;
    if (department) {
        error = check_text(cmd, "id", id, KL_MAX_STRING);
        department->profile_id = id;
    }
    return error;
}

const char *kl_department_directives_address(cmd_parms *cmd, void *unused, int argc,
                                             char *const argv[])
{
    static const struct {
        const char *name;
        apr_size_t most; /* bytes */
    } parts[] = {{"store id", KL_MAX_STRING}, {"street", 99}, {"postal code", 10}, {"city", 99}};
    const char *error;
    kl_department_t *department = department_here(cmd, &error);

    (void)unused;
    if (department && argc != 5) {
        return "KlarnaInStoreAddress: expected store-id street postal-code city country, each in "
               "quotes when it has a space";
    }
    for (unsigned i = 0; !error && i < sizeof(parts) / sizeof(parts[0]); i++) {
        error = check_text(cmd, parts[i].name, argv[i], parts[i].most);
    }
    if (!error && !kl_country_find(argv[4])) {
        error = apr_psprintf(cmd->pool,
                             "KlarnaInStoreAddress: expected a country in which Klarna sells, such "
                             "as SE, not '%s'",
                             argv[4]);
    }
    if (!error) {
        department->store_id = argv[0];
        department->street = argv[1];
        department->postal_code = argv[2];
        department->city = argv[3];
        department->country = argv[4];
    }
    return error;
}

/* Up to len bytes of a file. @return how that went */
static apr_status_t read_file(apr_pool_t *p, const char *path, char *bytes, apr_size_t *len)
{
    apr_file_t *file;
    apr_status_t rv = apr_file_open(&file, path, APR_READ | APR_BINARY, APR_OS_DEFAULT, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_file_read_full(file, bytes, *len, len);
    apr_file_close(file);
    return rv == APR_EOF ? APR_SUCCESS : rv;
}

/* Read once, here: no request waits for a disk, and what is wrong with it is said at start. */
const char *kl_department_directives_logo(cmd_parms *cmd, void *unused, const char *path)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);
    apr_size_t len = KL_MAX_LOGO + 1;
    char *bytes = apr_palloc(cmd->temp_pool, len), why[120];
    kl_error_t *err = kl_error_make(cmd->temp_pool);
    apr_status_t rv;

    (void)unused;
    if (!department) {
        return error;
    }
    path = ap_server_root_relative(cmd->temp_pool, path);
    rv = path ? read_file(cmd->temp_pool, path, bytes, &len) : APR_EBADPATH;
    if (rv != APR_SUCCESS) {
        return apr_psprintf(cmd->pool, "KlarnaInStoreLogo: %s cannot be read: %s", path,
                            apr_strerror(rv, why, sizeof(why)));
    }
    department->logo = kl_logo_read(cmd->pool, (const unsigned char *)bytes, len, err);
    return department->logo
               ? NULL
               : apr_psprintf(cmd->pool, "KlarnaInStoreLogo: %s: %s", path, err->detail);
}

const char *kl_department_directives_finalize(cmd_parms *cmd, void *unused, const char *url)
{
    const char *error;
    kl_department_t *department = department_here(cmd, &error);

    (void)unused;
    if (!department) {
        return error;
    }
    if (url[0] != '/' || url[1] == '/' || strlen(url) > KL_MAX_URL || strpbrk(url, "# ")) {
        return apr_psprintf(cmd->pool,
                            "KlarnaInvoiceFinalize: expected a path of this server, such as "
                            "/host/finalize, not '%s'",
                            url);
    }
    department->finalize = url;
    return NULL;
}
