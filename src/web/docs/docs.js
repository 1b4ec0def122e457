// Cookies go along, so whoever is logged in can try the requests from here.
SwaggerUIBundle({
    url: "../schema/",
    dom_id: "#docs",
    deepLinking: true,
    validatorUrl: null, // would tell another site that this one exists
    withCredentials: true,
});
