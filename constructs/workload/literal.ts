/** Text as Terraform's JSON takes it for itself: its two template markers, escaped. */
export const literal = (text: string): string => text.replaceAll(/[$%](?=\{)/g, (marker) => marker + marker);
