import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

// What GraphiQL leaves undone for its editors; it shows nothing itself.
export function EditorSettings() {
  useSystemTheme();
  useWrappedLines();
  return null;
}

// GraphiQL's styles follow the system at once, but its editors only where they are told to.
function useSystemTheme() {
  const { theme, actions } = useGraphiQL(pick("theme", "actions"));
  useEffect(() => {
    if (theme !== null) return;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => actions.setTheme(null);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [theme, actions]);
}

// The responses' lines are wrapped already.
function useWrappedLines() {
  const { queryEditor, variableEditor, headerEditor } = useGraphiQL(
    pick("queryEditor", "variableEditor", "headerEditor"),
  );
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, headerEditor])
      editor?.updateOptions({ wordWrap: "on", wrappingIndent: "indent" });
  }, [queryEditor, variableEditor, headerEditor]);
}
