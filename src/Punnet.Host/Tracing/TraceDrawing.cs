using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Host.Text;
using Punnet.Spec;

namespace Punnet.Host.Tracing;

/// <summary>Draws a trace: a line for each step, in the order of their begins, with a bar from its begin to its end.</summary>
public static class TraceDrawing
{
    private const string Style = """
        <style>
        text { fill: #24292f } .quiet { fill: #6e7781 } .tick { stroke: #d0d7de; stroke-width: 1 } .back { fill: #ffffff }
        .lane0 { fill: #4c8bd6 } .lane1 { fill: #57ab8b } .bad { fill: #d1453b }
        @media (prefers-color-scheme: dark) {
        text { fill: #d1d7e0 } .quiet { fill: #9198a1 } .tick { stroke: #3d444d } .back { fill: #0d1117 }
        .lane0 { fill: #478be6 } .lane1 { fill: #3f8f6f }
        }
        </style>

        """;

    /// <summary>For a terminal.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="columns">Width of the terminal.</param>
    public static string Text(Trace trace, int columns)
    {
        const int Name = 48, Number = 10, Narrowest = 20;
        int width = Math.Max(Narrowest, columns - Name - Number - 2);
        long whole = Math.Max(1, trace.End - trace.Begin);
        StringBuilder text = new();
        OneLine.Append(text, trace.Command, isQuoted: false);
        text.Append(": ").Append(Milliseconds(whole)).Append(" ms; indented: the new process\n");
        foreach (TraceSpan span in ByBegin(trace))
        {
            StringBuilder name = new();
            name.Append(' ', 2 * Math.Min(span.Lane, 4));
            OneLine.Append(name, span.Name, isQuoted: false);
            if (span.Result != TraceJson.Good)
            {
                OneLine.Append(name.Append(": "), span.Result, isQuoted: false);
            }

            text.Append(Cut(name.ToString(), Name - 1).PadRight(Name))
                .Append(Milliseconds(span.End - span.Begin).PadLeft(Number - 1)).Append(' ');
            int from = (int)((span.Begin - trace.Begin) * width / whole), to = (int)((span.End - trace.Begin) * width / whole);
            from = Math.Clamp(from, 0, width - 1);
            to = Math.Clamp(to, from, width);
            text.Append(' ', from).Append(to == from ? "▏" : new string(span.Lane == 0 ? '█' : '▓', to - from)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>As a picture that follows the reader's light or dark colors.</summary>
    public static string Svg(Trace trace)
    {
        const int Left = 380, Width = 700, Row = 17, Top = 48;
        List<TraceSpan> spans = ByBegin(trace);
        long whole = Math.Max(1, trace.End - trace.Begin);
        int height = Top + (Row * spans.Count) + 16;
        StringBuilder svg = new();
        svg.Append("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1170 " + height.ToString()
            + "\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n" + Style + "<rect class=\"back\" width=\"1170\" height=\""
            + height.ToString() + "\"/>\n<text x=\"10\" y=\"22\" font-size=\"15\">");
        Escape(svg, trace.Command);
        svg.Append(": " + Milliseconds(whole) + " ms</text>\n"
            + "<rect class=\"lane0\" x=\"900\" y=\"12\" width=\"12\" height=\"12\"/><text x=\"918\" y=\"22\">punnet</text>\n"
            + "<rect class=\"lane1\" x=\"980\" y=\"12\" width=\"12\" height=\"12\"/><text x=\"998\" y=\"22\">the new process</text>\n");
        long step = Tick(whole);
        for (long at = 0; at <= whole; at += step)
        {
            long x = Left + (at * Width / whole);
            svg.Append("<path class=\"tick\" d=\"M" + x.ToString() + " " + (Top - 8).ToString() + " V" + (height - 8).ToString() + "\"/>"
                + Small(x + 3, Top - 1, Milliseconds(at)) + "\n");
        }

        int y = Top + Row;
        foreach (TraceSpan span in spans)
        {
            long x = Left + ((span.Begin - trace.Begin) * Width / whole);
            long width = Math.Max(1, (span.End - span.Begin) * Width / whole);
            string kind = span.Result != TraceJson.Good ? "bad" : span.Lane == 0 ? "lane0" : "lane1";
            svg.Append("<text x=\"" + (10 + (14 * Math.Min(span.Lane, 4))).ToString() + "\" y=\"" + y.ToString() + "\">");
            Escape(svg, Cut(span.Result == TraceJson.Good ? span.Name : span.Name + ": " + span.Result, 56));
            svg.Append("</text><rect class=\"" + kind + "\" x=\"" + x.ToString() + "\" y=\"" + (y - 10).ToString() + "\" width=\""
                + width.ToString() + "\" height=\"12\"/>" + Small(x + width + 4, y, Milliseconds(span.End - span.Begin)) + "\n");
            y += Row;
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static string Small(long x, long y, string text) =>
        "<text class=\"quiet\" x=\"" + x.ToString() + "\" y=\"" + y.ToString() + "\" font-size=\"10\">" + text + "</text>";

    private static List<TraceSpan> ByBegin(Trace trace)
    {
        List<TraceSpan> spans = [];
        foreach (TraceSpan span in trace.Spans)
        {
            // Insertion keeps the order of equal begins; there are at most some thousand.
            int at = spans.Count;
            while (at > 0 && spans[at - 1].Begin > span.Begin)
            {
                at--;
            }

            spans.Insert(at, span);
        }

        return spans;
    }

    // 1, 2 or 5 times a power of ten, so that there are at most ten.
    private static long Tick(long whole)
    {
        long step = 1000;
        while (whole / step > 10)
        {
            step *= 2;
            step = whole / step > 10 ? step / 2 * 5 : step;
            step = whole / step > 10 ? step * 2 : step;
        }

        return step;
    }

    private static string Milliseconds(long nanoseconds)
    {
        long micro = (nanoseconds + 500) / 1000;
        return (micro / 1000).ToString() + "." + (micro % 1000).ToString().PadLeft(3, '0');
    }

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";

    private static void Escape(StringBuilder svg, string text)
    {
        StringBuilder line = new();
        OneLine.Append(line, text, isQuoted: false);
        line.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
        svg.Append(line);
    }
}
