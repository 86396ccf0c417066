/** The request has a parameter that cannot be understood. */
export class ParameterError extends Error {}
