"""The project's own server of the OpenAI protocol: keys, no cookies, thin doors."""
