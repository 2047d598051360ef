const document_url = window.location.search === "?harbor" ? "../openapi-harbor.json" : "../openapi.json";
window.ui = SwaggerUIBundle({ url: document_url, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: "none" });
