/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source_harness.h"

#include "kube_config.h"

#define PEM(what) "-----BEGIN " what "-----\nAA==\n-----END " what "-----\n"
#define CERT PEM("CERTIFICATE")
#define KEY PEM("PRIVATE KEY")
/* base64 of CERT and of KEY */
#define CERT_64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCkFBPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define KEY_64 "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCkFBPT0KLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="

#define CONFIG(cluster, user) \
	"apiVersion: v1\nkind: Config\ncurrent-context: a\n" \
	"contexts:\n- name: b\n  context: {cluster: none, user: none}\n- name: a\n  context: {cluster: c, user: u}\n" \
	"clusters:\n- name: c\n  cluster: " cluster "\nusers:\n- name: other\n  user: {}\n- name: u\n  user: " user "\n"
#define SERVER "server: \"https://10.0.0.1:6443/\""

static const struct kube_surroundings nowhere;

/* Reads the argument and all that it names; DIR in it stands for the test's directory. */
static int load(struct harness *harness, struct kube_config *ret, const char *argument,
		const struct kube_surroundings *surroundings, char *reason)
{
	struct kube_options options;
	char text[512] = "";
	int err;

	for (const char *at = argument; *at;) {
		size_t used = strlen(text);
		bool here = !strncmp(at, "DIR", 3);

		snprintf(text + used, sizeof(text) - used, "%s%.*s", here ? harness->directory : "", here ? 0 : 1, at);
		at += here ? 3 : 1;
	}
	err = kube_options_parse(&options, text, reason);
	if (!err)
		err = kube_config_load(ret, &options, surroundings, reason);
	if (!err || err == -EINVAL)
		kube_options_free(&options);
	return err;
}

/* The reason, with the directory as DIR. */
static void expect_refused(struct harness *harness, const char *argument, const struct kube_surroundings *surroundings,
			   const char *wanted)
{
	struct kube_config config = { 0 };
	char reason[KUBE_REASON_BYTES] = "", text[KUBE_REASON_BYTES] = "";
	char *at;

	assert_int_equal(load(harness, &config, argument, surroundings, reason), -EINVAL);
	at = strstr(reason, harness->directory);
	if (at)
		snprintf(text, sizeof(text), "%.*sDIR%s", (int)(at - reason), reason, at + strlen(harness->directory));
	assert_string_equal(at ? text : reason, wanted);
	assert_null(config.server);
}

static void expect_loaded(struct harness *harness, const char *argument, const struct kube_surroundings *surroundings,
			  const struct kube_config *wanted)
{
	struct kube_config config = { 0 };
	char reason[KUBE_REASON_BYTES] = "";
	int err = load(harness, &config, argument, surroundings, reason);

	if (err)
		fail_msg("%s: %s", argument, reason);
	assert_string_equal(config.server, wanted->server);
	assert_string_equal(config.ca ? config.ca : "", wanted->ca ? wanted->ca : "");
	assert_string_equal(config.cert ? config.cert : "", wanted->cert ? wanted->cert : "");
	assert_string_equal(config.key ? config.key : "", wanted->key ? wanted->key : "");
	assert_string_equal(config.token ? config.token : "", wanted->token ? wanted->token : "");
	assert_string_equal(config.proxy ? config.proxy : "env", wanted->proxy ? wanted->proxy : "");
	assert_int_equal(config.unverified, wanted->unverified);
	kube_config_free(&config);
}

static void kubeconfigs(void **state)
{
	static const struct {
		const char *text;
		struct kube_config wanted;
	} good[] = {
		{ CONFIG("{" SERVER ", certificate-authority: ca.crt}", "{token: abc.def-_~+/=}"),
		  { .ca = (char *)(uintptr_t)CERT, .token = (char *)(uintptr_t)"abc.def-_~+/=" } },
		{ CONFIG("{" SERVER ", certificate-authority-data: " CERT_64 "}",
			 "{client-certificate-data: " CERT_64 ", client-key-data: " KEY_64 "}"),
		  { .ca = (char *)(uintptr_t)CERT, .cert = (char *)(uintptr_t)CERT, .key = (char *)(uintptr_t)KEY } },
		/* The text goes before the file; of tokens the file does, for it is rotated. */
		{ CONFIG("{" SERVER ", certificate-authority: none, certificate-authority-data: " CERT_64 "}",
			 "{client-certificate: ca.crt, client-key: key, token: old, tokenFile: token}"),
		  { .ca = (char *)(uintptr_t)CERT, .cert = (char *)(uintptr_t)CERT, .key = (char *)(uintptr_t)KEY,
		    .token = (char *)(uintptr_t)"from-file" } },
		{ CONFIG("{" SERVER ", insecure-skip-tls-verify: true, proxy-url: \"http://proxy:3128\"}", "{}"),
		  { .unverified = true, .proxy = (char *)(uintptr_t)"http://proxy:3128" } },
		{ CONFIG("{" SERVER ", insecure-skip-tls-verify: false}", "{client-certificate: both.pem}"),
		  { .cert = (char *)(uintptr_t)(CERT KEY), .key = (char *)(uintptr_t)(CERT KEY) } },
		/* JSON is YAML; anchors lead to what they name. */
		{ "{\"current-context\":\"a\",\"contexts\":[{\"name\":\"a\",\"context\":{\"cluster\":\"c\"}}],"
		  "\"clusters\":[{\"name\":\"c\",\"cluster\":{" "\"server\":\"https://10.0.0.1:6443\"}}]}", { 0 } },
		{ "x: &c {" SERVER "}\n" CONFIG("*c", "{token: t}"), { .token = (char *)(uintptr_t)"t" } },
	};
	struct harness *harness = *state;

	write_file(harness, "ca.crt", CERT);
	write_file(harness, "key", KEY);
	write_file(harness, "both.pem", CERT KEY);
	write_file(harness, "token", " from-file\n");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct kube_config wanted = good[i].wanted;

		write_file(harness, "config", good[i].text);
		wanted.server = (char *)(uintptr_t)"https://10.0.0.1:6443";
		expect_loaded(harness, "kubeconfig=DIR/config", &nowhere, &wanted);
	}
}

static void refused_kubeconfigs(void **state)
{
	static const struct {
		const char *text, *reason;
	} bad[] = {
		{ CONFIG("{" SERVER "}", "{exec: {command: aws}}"),
		  "DIR/config: it wants a plugin to be run (exec), which netnsleak does not; give a service account's token with "
		  "server=, ca= and token=" },
		{ CONFIG("{" SERVER "}", "{auth-provider: {name: gcp}, token: x}"),
		  "DIR/config: it wants an auth-provider, which netnsleak has none of; give a service account's token with "
		  "server=, ca= and token=" },
		{ CONFIG("{" SERVER "}", "{username: x, password: y}"),
		  "DIR/config: it has a user name and a password, which API servers no longer take" },
		{ CONFIG("{" SERVER "}", "{token: x, as: admin}"),
		  "DIR/config: it wants to impersonate someone (as), which netnsleak does not" },
		{ CONFIG("{}", "{}"), "DIR/config: its cluster has no server" },
		{ CONFIG("{" SERVER ", server: x}", "{}"), "DIR/config: server comes twice" },
		{ CONFIG("{server: [x]}", "{}"), "DIR/config: server is not a text" },
		{ CONFIG("{server: \"ftp://x\"}", "{}"), "the server ftp://x is no URL with https://" },
		{ CONFIG("{server: \"https://user:secret@x\"}", "{}"),
		  "the server's URL may not have a user, a query or a fragment" },
		{ CONFIG("{" SERVER ", tls-server-name: x}", "{}"),
		  "DIR/config: its tls-server-name is not supported; name the server as its certificate does" },
		{ CONFIG("{" SERVER ", insecure-skip-tls-verify: yes}", "{}"),
		  "DIR/config: insecure-skip-tls-verify is neither true nor false" },
		{ CONFIG("{" SERVER ", certificate-authority: none}", "{}"),
		  "DIR/none cannot be read: No such file or directory" },
		{ CONFIG("{" SERVER ", certificate-authority: token}", "{}"), "DIR/token is not PEM" },
		{ CONFIG("{" SERVER ", certificate-authority-data: \"%%%\"}", "{}"),
		  "DIR/config: certificate-authority-data is not base64 of PEM" },
		{ CONFIG("{" SERVER ", certificate-authority-data: AAAA}", "{}"),
		  "DIR/config: certificate-authority-data is not base64 of PEM" },
		{ CONFIG("{" SERVER "}", "{client-certificate: ca.crt}"),
		  "DIR/config: its user has a client certificate or a key without the other" },
		{ CONFIG("{" SERVER "}", "{token: \"a b\"}"), "the token in DIR/config has characters that no token has" },
		{ CONFIG("{" SERVER "}", "{token: \"a\\r\\nX-Other: b\"}"),
		  "the token in DIR/config has characters that no token has" },
		{ CONFIG("{" SERVER "}", "{token: \" \"}"), "the token in DIR/config is empty" },
		{ CONFIG("{" SERVER "}", "[]"), "DIR/config: where exec would stand, there is no mapping" },
		{ "current-context: x\ncontexts: []\n", "DIR/config has no context named x" },
		{ "current-context: x\n", "DIR/config has no list of contexts" },
		{ "contexts: []\n", "DIR/config has no current-context; name one with context=" },
		{ "current-context: \"\"\n", "DIR/config has no current-context; name one with context=" },
		{ "", "DIR/config is empty" },
		{ "a: [\n", "DIR/config is not YAML: line 2: did not find expected node content" },
	};
	struct harness *harness = *state;

	write_file(harness, "ca.crt", CERT);
	write_file(harness, "token", "t");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		write_file(harness, "config", bad[i].text);
		expect_refused(harness, "kubeconfig=DIR/config", &nowhere, bad[i].reason);
	}
	write_file(harness, "config", CONFIG("{" SERVER "}", "{}"));
	expect_refused(harness, "kubeconfig=DIR/config,context=b", &nowhere, "DIR/config has no cluster named none");
	expect_refused(harness, "kubeconfig=DIR/config,context=c", &nowhere, "DIR/config has no context named c");
	expect_refused(harness, "kubeconfig=DIR", &nowhere, "DIR cannot be read: it is no regular file of at most 1 MiB");
}

static void options(void **state)
{
	struct harness *harness = *state;
	const struct kube_config plain = { .server = (char *)(uintptr_t)"https://x:6443" };
	const struct kube_config full = {
		.server = (char *)(uintptr_t)"https://x:6443", .ca = (char *)(uintptr_t)CERT, .token = (char *)(uintptr_t)"t",
		.proxy = (char *)(uintptr_t)"http://p:1", .unverified = true,
	};
	const struct kube_config by_environment = { .server = (char *)(uintptr_t)"https://x:6443", .proxy = (char *)(uintptr_t)"env" };
	const struct kube_config local = { .server = (char *)(uintptr_t)"http://127.0.0.1:8001", .token = (char *)(uintptr_t)"t" };

	write_file(harness, "ca", CERT);
	write_file(harness, "token", "t\n");
	expect_loaded(harness, "server=https://x:6443/", &nowhere, &plain);
	expect_loaded(harness, "https://x:6443", &nowhere, &plain);
	expect_loaded(harness, ",server=https://x:6443,ca=DIR/ca,token=DIR/token,proxy=http://p:1,verify=no,node=n,every=5",
		      &nowhere, &full);
	expect_loaded(harness, "server=https://x:6443,proxy=env", &nowhere, &by_environment);
	expect_loaded(harness, "server=http://127.0.0.1:8001,token=DIR/token", &nowhere, &local);
	expect_refused(harness, "server=http://127.0.0.1.example,token=DIR/token", &nowhere,
		       "http://127.0.0.1.example would send the token without encryption; use https://");
	expect_refused(harness, "server=http://localhost.example,token=DIR/token", &nowhere,
		       "http://localhost.example would send the token without encryption; use https://");
	expect_refused(harness, "server=http://127.0.0.1,proxy=env,token=DIR/token", &nowhere,
		       "http://127.0.0.1 would send the token without encryption; use https://");
	expect_refused(harness, "server=https://x,proxy=http://u:p@p", &nowhere,
		       "proxy= may not hold a password, which everyone could see; use proxy=env");
	expect_refused(harness, "every=0", &nowhere, "every= wants seconds, from 1 to 3600, not 0");
	expect_refused(harness, "every=5s", &nowhere, "every= wants seconds, from 1 to 3600, not 5s");
	expect_refused(harness, "verify=yes", &nowhere, "there is no option verify=yes");
	expect_refused(harness, "token=", &nowhere, "token=: options are NAME=VALUE, joined by commas");
	expect_refused(harness, "context=x", &nowhere, "context= wants a kubeconfig=");
}

/* Where nothing is said: the service account, $KUBECONFIG, the usual places, in this order. */
static void found(void **state)
{
	struct harness *harness = *state;
	char config[256], usual[256], none[256];
	const char *const places[] = { none, usual, NULL };
	struct kube_surroundings around = { .service_host = "10.96.0.1", .service_port = "443", .account = harness->directory,
					    .kubeconfig = config, .usual = places };
	const struct kube_config account = { .server = (char *)(uintptr_t)"https://10.96.0.1:443",
					     .ca = (char *)(uintptr_t)CERT, .token = (char *)(uintptr_t)"t" };
	const struct kube_config six = { .server = (char *)(uintptr_t)"https://[fd00::1]:443",
					 .ca = (char *)(uintptr_t)CERT, .token = (char *)(uintptr_t)"t" };
	const struct kube_config named = { .server = (char *)(uintptr_t)"https://named" };
	const struct kube_config last = { .server = (char *)(uintptr_t)"https://usual" };

	path_in(harness, config, "config");
	path_in(harness, usual, "usual");
	path_in(harness, none, "none");
	write_file(harness, "config", CONFIG("{server: \"https://named\"}", "{}"));
	write_file(harness, "usual", CONFIG("{server: \"https://usual\"}", "{}"));
	write_file(harness, "token", "t");
	expect_refused(harness, "", &around, "DIR/ca.crt cannot be read: No such file or directory");
	write_file(harness, "ca.crt", CERT);
	expect_loaded(harness, "", &around, &account);
	around.service_host = "fd00::1";
	expect_loaded(harness, "", &around, &six);
	remove_file(harness, "token");
	expect_loaded(harness, "", &around, &named);
	around.service_host = around.kubeconfig = NULL;
	expect_loaded(harness, "", &around, &last);
	remove_file(harness, "usual");
	expect_refused(harness, "", &around, "there is no service account and no kubeconfig here; give kubeconfig=FILE, or "
					     "server=URL with ca=FILE and token=FILE");
}

static void kubelets(void **state)
{
	struct harness *harness = *state;
	const struct kube_surroundings around = { .account = harness->directory };
	struct kube_options options;
	struct kube_config config;
	char reason[KUBE_REASON_BYTES] = "";

	write_file(harness, "token", "t");
	write_file(harness, "ca.crt", CERT);
	assert_int_equal(kube_options_parse(&options, "", reason), 0);
	assert_int_equal(kube_config_load_kubelet(&config, &options, "https://n:10250", &around, reason), 0);
	assert_string_equal(config.server, "https://n:10250");
	assert_string_equal(config.ca, CERT);
	assert_string_equal(config.token, "t");
	kube_config_free(&config);
	kube_options_free(&options);
	/* The port that only reads is sent no token. */
	assert_int_equal(kube_options_parse(&options, "http://10.0.0.9:10255", reason), 0);
	assert_int_equal(kube_config_load_kubelet(&config, &options, "https://n:10250", &around, reason), 0);
	assert_string_equal(config.server, "http://10.0.0.9:10255");
	assert_null(config.ca);
	assert_null(config.token);
	kube_config_free(&config);
	kube_options_free(&options);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, harness_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kubeconfigs), TEST(refused_kubeconfigs), TEST(options), TEST(found), TEST(kubelets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
