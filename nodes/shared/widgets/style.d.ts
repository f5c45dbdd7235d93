/** A style sheet, which the build takes into the script as text. */
declare module '*.css' {
  const text: string;
  export default text;
}
