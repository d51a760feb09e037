// The design system: what apps may use. Styles: `import '$design/design.css'` once per app.
export { default as Badge } from './Badge.svelte';
export { default as Button } from './Button.svelte';
export { default as Dialog } from './Dialog.svelte';
export { default as Field } from './Field.svelte';
export { default as Icon } from './icons/Icon.svelte';
export * as icons from './icons/paths';
export { default as Kbd } from './Kbd.svelte';
export { default as Notice } from './Notice.svelte';
export { default as Select } from './Select.svelte';
export { default as TextArea } from './TextArea.svelte';
export { errorSentence } from './text/errors';
export { say, texts, type Text } from './text/catalogue';
export { language, type Language } from './text/language.svelte';
export * as words from './text/words';
export { default as Zoomable } from './picture/Zoomable.svelte';
export { theme, type Theme } from './theme.svelte';
