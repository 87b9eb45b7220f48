using System;
using System.Collections.Generic;
using System.Text;

namespace Punnet.Spec;

/// <summary>Traces as documents.</summary>
public static class TraceJson
{
    /// <summary>The result of a step that did not fail.</summary>
    public const string Good = "ok";

    /// <summary>
    /// The format of Chrome's and Perfetto's viewers, "Trace Event Format": complete events (<c>ph</c> X) in microseconds from the begin.
    /// </summary>
    public static byte[] WriteChrome(Trace trace)
    {
        JsonWriter json = new(' ', 0, capacity: 16 * 1024);
        json.StartObject();
        json.String("displayTimeUnit"u8, "ms");
        json.StartObject("otherData"u8);
        json.String("command"u8, trace.Command);
        json.EndObject();
        json.StartList("traceEvents"u8);
        int lanes = 0;
        foreach (TraceSpan span in trace.Spans)
        {
            lanes = Math.Max(lanes, span.Lane + 1);
        }

        for (int lane = 0; lane < lanes; lane++)
        {
            json.StartObject();
            json.String("ph"u8, "M");
            json.String("name"u8, "thread_name");
            json.Integer("pid"u8, 1);
            json.Integer("tid"u8, lane);
            json.StartObject("args"u8);
            json.String("name"u8, Trace.LaneName(lane));
            json.EndObject();
            json.EndObject();
        }

        Write(json, new TraceSpan(trace.Command, 0, trace.Begin, trace.End, Good), trace.Begin);
        foreach (TraceSpan span in trace.Spans)
        {
            Write(json, span, trace.Begin);
        }

        json.EndList();
        json.EndObject();
        json.EndLine();
        return json.ToArray();
    }

    /// <summary>OTLP/JSON, opentelemetry.io: the steps are children of the command's span.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="parent">TRACEPARENT of the environment, W3C Trace Context; null or something else begins a trace of its own.</param>
    /// <param name="random">48 random hexadecimal digits.</param>
    /// <param name="offset">What to add to a time for nanoseconds since 1970.</param>
    public static byte[] WriteOtlp(Trace trace, string? parent, string random, long offset)
    {
        string[] parts = (parent ?? "").Split('-');
        bool hasParent = parts is ["00", { Length: 32 }, { Length: 16 }, ..] && IsHex(parts[1]) && IsHex(parts[2]);
        string id = hasParent ? parts[1] : random[..32], own = random[32..48];
        JsonWriter json = new(' ', 0, capacity: 16 * 1024);
        json.StartObject();
        json.StartList("resourceSpans"u8);
        json.StartObject();
        json.StartObject("resource"u8);
        json.StartList("attributes"u8);
        WriteAttribute(json, "service.name", "punnet");
        json.EndList();
        json.EndObject();
        json.StartList("scopeSpans"u8);
        json.StartObject();
        json.StartObject("scope"u8);
        json.String("name"u8, "punnet");
        json.EndObject();
        json.StartList("spans"u8);
        WriteOtlp(json, new TraceSpan(trace.Command, 0, trace.Begin, trace.End, Good), id, own, hasParent ? parts[2] : null, offset);
        int number = 0;
        foreach (TraceSpan span in trace.Spans)
        {
            WriteOtlp(json, span, id, own[..8] + Hex(++number), own, offset);
        }

        json.EndList();
        json.EndObject();
        json.EndList();
        json.EndObject();
        json.EndList();
        json.EndObject();
        json.EndLine();
        return json.ToArray();
    }

    /// <summary>Reads what <see cref="WriteChrome"/> has written.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <exception cref="SpecException">It is something else.</exception>
    public static Trace Read(ReadOnlySpan<byte> utf8)
    {
        List<TraceSpan> spans = JsonPathReader.ReadDocument<List<TraceSpan>>(utf8, null, new(ReadTrace));
        return spans.Count > 0
            ? new Trace(spans[0].Name, spans[0].Begin, spans[0].End, spans.GetRange(1, spans.Count - 1))
            : throw new SpecException("traceEvents", "is missing or empty: this is no trace that punnet has written in the format chrome");
    }

    private static List<TraceSpan> ReadTrace(ref JsonPathReader cursor)
    {
        IReadOnlyList<TraceSpan?> spans = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "traceEvents": spans = cursor.List<TraceSpan?>(new(ReadSpan)); break;
                default: cursor.Skip(); break;
            }
        }

        List<TraceSpan> found = [];
        foreach (TraceSpan? span in spans)
        {
            if (span is not null)
            {
                found.Add(span);
            }
        }

        return found;
    }

    // Null: not a span, but the name of a process.
    private static TraceSpan? ReadSpan(ref JsonPathReader cursor)
    {
        string? phase = null, text = null;
        int lane = 0;
        TraceSpan? times = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "ph": phase = cursor.String(); break;
                case "name": text = cursor.String(); break;
                case "tid": lane = cursor.Int32() ?? 0; break;
                case "args": times = ReadTimes(ref cursor); break;
                default: cursor.Skip(); break;
            }
        }

        return phase != "X" ? null
            : text is not null && times is not null && lane >= 0 && times.Begin >= 0 && times.End >= times.Begin
                ? new TraceSpan(text, lane, times.Begin, times.End, times.Result)
                : throw cursor.Refuse("is no step of punnet");
    }

    private static TraceSpan? ReadTimes(ref JsonPathReader cursor)
    {
        string? result = null;
        long begin = -1, end = -1;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "result": result = cursor.String(); break;
                case "begin": begin = cursor.Int64() ?? -1; break;
                case "end": end = cursor.Int64() ?? -1; break;
                default: cursor.Skip(); break;
            }
        }

        return result is null ? null : new TraceSpan("", 0, begin, end, result);
    }

    private static void Write(JsonWriter json, TraceSpan span, long begin)
    {
        json.StartObject();
        json.String("ph"u8, "X");
        json.String("name"u8, span.Name);
        json.Integer("pid"u8, 1);
        json.Integer("tid"u8, span.Lane);
        json.Raw("ts"u8, Microseconds(span.Begin - begin));
        json.Raw("dur"u8, Microseconds(span.End - span.Begin));
        json.StartObject("args"u8);
        json.String("result"u8, span.Result);

        // The same once more as whole numbers, for Read.
        json.Integer("begin"u8, span.Begin - begin);
        json.Integer("end"u8, span.End - begin);
        json.EndObject();
        json.EndObject();
    }

    private static void WriteOtlp(JsonWriter json, TraceSpan span, string trace, string id, string? parent, long offset)
    {
        json.StartObject();
        json.String("traceId"u8, trace);
        json.String("spanId"u8, id);
        if (parent is not null)
        {
            json.String("parentSpanId"u8, parent);
        }

        json.String("name"u8, span.Name);
        json.Integer("kind"u8, 1); // SPAN_KIND_INTERNAL
        json.String("startTimeUnixNano"u8, (span.Begin + offset).ToString());
        json.String("endTimeUnixNano"u8, (span.End + offset).ToString());
        json.StartList("attributes"u8);
        WriteAttribute(json, "thread.name", Trace.LaneName(span.Lane));
        json.EndList();
        json.StartObject("status"u8);
        bool isGood = span.Result == Good;
        json.Integer("code"u8, isGood ? 1 : 2); // STATUS_CODE_OK, STATUS_CODE_ERROR
        if (!isGood)
        {
            json.String("message"u8, span.Result);
        }

        json.EndObject();
        json.EndObject();
    }

    private static void WriteAttribute(JsonWriter json, string key, string value)
    {
        json.StartObject();
        json.String("key"u8, key);
        json.StartObject("value"u8);
        json.String("stringValue"u8, value);
        json.EndObject();
        json.EndObject();
    }

    private static byte[] Microseconds(long nanoseconds) =>
        Encoding.UTF8.GetBytes((nanoseconds / 1000).ToString() + "." + (nanoseconds % 1000).ToString().PadLeft(3, '0'));

    private static string Hex(int value)
    {
        Span<char> digits = stackalloc char[8];
        for (int i = digits.Length - 1; i >= 0; i--, value >>= 4)
        {
            digits[i] = "0123456789abcdef"[value & 15];
        }

        return new string(digits);
    }

    private static bool IsHex(string text)
    {
        bool isZero = true;
        foreach (char digit in text)
        {
            if (digit is not ((>= '0' and <= '9') or (>= 'a' and <= 'f')))
            {
                return false;
            }

            isZero &= digit == '0';
        }

        return !isZero; // All zeros are no id.
    }
}
