const keyword = { type: 'keyword', ignore_above: 1024 } as const;
const long = { type: 'long' } as const;

/**
 * The fields that people search and count by, with the types of the Elastic Common Schema; any other text is a keyword.
 * @see https://www.elastic.co/docs/reference/ecs
 */
export const logMappings = {
  // A text that happens to look like a date would make the next one that does not an error.
  date_detection: false,
  dynamic_templates: [{ texts_as_keywords: { match_mapping_type: 'string', mapping: keyword } }],
  properties: {
    '@timestamp': { type: 'date' },
    message: { type: 'text' },
    data_stream: { properties: { type: keyword, dataset: keyword, namespace: keyword } },
    agent: { properties: { name: keyword } },
    log: { properties: { level: keyword, logger: keyword } },
    service: { properties: { name: keyword, version: keyword } },
    trace: { properties: { id: keyword } },
    span: { properties: { id: keyword } },
    http: {
      properties: {
        request: { properties: { id: keyword, method: keyword } },
        response: { properties: { status_code: long } },
      },
    },
    url: { properties: { path: keyword, query: keyword } },
    client: { properties: { ip: { type: 'ip' } } },
    event: { properties: { dataset: keyword, duration: long, duration_seconds: { type: 'double' } } },
    error: { properties: { type: keyword, message: { type: 'text' }, stack_trace: { type: 'text', index: false } } },
    user_agent: { properties: { original: keyword } },
    user: { properties: { name: keyword } },
    process: { properties: { pid: long } },
  },
} as const;
