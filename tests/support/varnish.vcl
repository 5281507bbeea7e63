# Varnish in front of the product, with vmod xkey (Debian: varnish, varnish-modules). The product says itself what may be
# kept, so cookies decide nothing here: what is private comes with no-store.
vcl 4.1;

import xkey;

backend product {
    .host = "127.0.0.1";
    .port = "3000";
}

acl purgers {
    "localhost";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403));
        }
        set req.http.purged = xkey.purge(req.http.xkey-purge);
        return (synth(200, "Purged " + req.http.purged));
    }
    if (req.method == "GET" || req.method == "HEAD") {
        return (hash);
    }
}
