/** An API key of ours, wherever it stands, as it is or as a URL may write it. */
const apiKeys = /sk(?:_|%5f)[0-9a-f]{12}(?:_|%5f)[\w%-]+/gi;

/** Parameters of a URL in which people send keys by mistake, to us or as other services want them. */
const keyParameters = /(^|[?&;])((?:api[_-]?key|x-api-key|key|token|access_token|secret|password)=)[^&;#\s"\\]+/gi;

/** The text without the API keys in it; every record of the log goes through it as a whole. */
export const withoutApiKeys = (text: string): string => (/sk[_%]/i.test(text) ? text.replace(apiKeys, 'sk_***') : text);

/** The text without what stands for a key in the URLs in it, whatever the key looks like. */
export const withoutKeyParameters = (text: string): string =>
  withoutApiKeys(text.includes('=') ? text.replace(keyParameters, '$1$2***') : text);
