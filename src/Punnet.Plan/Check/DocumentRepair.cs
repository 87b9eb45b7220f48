using System;
using System.Text;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Reads and plans a document to its end: what is refused is noted, and taken out or replaced by what is valid, and all is done again.
/// The first refusal is therefore that of <c>create</c>, word for word, and create's own way pays nothing for the others.
/// </summary>
public static class DocumentRepair
{
    /// <summary>More refusals than these are not searched for.</summary>
    public const int MostErrors = 100;

    private static string[] NamespacesOfAll => ["mount", "uts", "ipc", "pid", "network", "cgroup"];

    /// <summary>Finds every refusal.</summary>
    /// <typeparam name="TDocument">What the document is.</typeparam>
    /// <typeparam name="TPlan">What it is planned to.</typeparam>
    /// <param name="checkedDocument">Gets them.</param>
    /// <param name="read">Reads the document.</param>
    /// <param name="plan">Plans it.</param>
    /// <param name="planned">The plan that is left; null where nothing can be planned.</param>
    /// <returns>The document that is left, or null.</returns>
    public static TDocument? Run<TDocument, TPlan>(
        CheckedDocument checkedDocument, Func<byte[], UnknownProperties, TDocument> read, Func<TDocument, TPlan> plan, out TPlan? planned)
        where TDocument : class
        where TPlan : class
    {
        TDocument? document = null;
        planned = null;
        byte[] text = checkedDocument.Source.Text;
        for (int errors = 0; errors < MostErrors; errors++)
        {
            UnknownProperties unknown = new();
            try
            {
                document = read(text, unknown);
                checkedDocument.Add(unknown);
                planned = plan(document);
                return document;
            }
            catch (SpecException refusal)
            {
                checkedDocument.Add(unknown);
                if (refusal.Position is not null)
                {
                    checkedDocument.Refuse(refusal);
                    return null;
                }

                checkedDocument.Error(refusal.Place, refusal.Problem, refusal.Hint);
                if (checkedDocument.Source.IsBroken)
                {
                    // The rest cannot be read; what is wrong with it is said beside the refusal.
                    RefuseSyntax(checkedDocument);
                    return null;
                }

                if (!Repair(checkedDocument.Source, refusal))
                {
                    return document;
                }

                text = checkedDocument.Source.Write();
            }
        }

        checkedDocument.RefuseMore();
        return document;
    }

    private static void RefuseSyntax(CheckedDocument checkedDocument)
    {
        try
        {
            ConfigReader.CheckSyntax(checkedDocument.Source.Text);
        }
        catch (SpecException syntax)
        {
            checkedDocument.Refuse(syntax);
        }
    }

    private static bool Repair(SourceDocument source, SpecException refusal)
    {
        SourceNode node = source.Find(refusal.Place, out string rest);
        string pattern = Pattern(refusal.Place);
        if ((pattern == "linux.namespaces" && AddNamespaces(source, null))
            || (pattern is "linux.namespaces[].type" or "linux.namespaces[]" && refusal.Hint is null
                && AddNamespaces(source, rest.Length == 0 && node.Index < 0 ? node.Parent : node)))
        {
            return true;
        }

        string? valid = Valid(pattern, refusal.Hint);
        if (rest.Length == 0 && node.Parent is not null)
        {
            Change(node, node.Replacement is null ? valid : null);
            return true;
        }

        if (valid is not null && node.IsObject && rest.LastIndexOf('.') <= 0 && !rest.Contains('['))
        {
            node.Add(rest.TrimStart('.'), valid);
            return true;
        }

        node.Remove();
        return node.Parent is not null;
    }

    // A valid value may be of the wrong type where a number was wanted: what has none goes.
    private static void Change(SourceNode node, string? valid)
    {
        if (valid is null)
        {
            node.Remove();
        }
        else
        {
            node.Replace(valid);
        }
    }

    // What namespaces are missing would be named as the reason of refusals that have another one.
    private static bool AddNamespaces(SourceDocument source, SourceNode? wrong)
    {
        SourceNode list = source.Find("linux.namespaces", out string rest);
        if (rest.Length > 0 || !list.IsList || list.Replacement is not null)
        {
            return false;
        }

        wrong?.Remove();
        bool isChanged = wrong is not null;
        foreach (string kind in NamespacesOfAll)
        {
            if (!Has(source, list, kind))
            {
                list.Add(null, Entry(kind));
                isChanged = true;
            }
        }

        return isChanged;
    }

    private static string Entry(string kind) => "{\"type\":\"" + kind + "\"}";

    // Also one that is misspelt, and will be what was meant.
    private static bool Has(SourceDocument source, SourceNode list, string kind)
    {
        foreach (SourceNode entry in list.Children)
        {
            if (entry.Replacement == Entry(kind))
            {
                return true;
            }

            foreach (SourceNode property in entry.Children)
            {
                if (!entry.IsRemoved && property.Name == "type"
                    && NearestWord.Of(source.TextOf(property).Trim('"'), NamespacesOfAll) == kind)
                {
                    return true;
                }
            }
        }

        return false;
    }

    // mounts[3].type is mounts[].type.
    private static string Pattern(string place)
    {
        StringBuilder pattern = new();
        bool isIndex = false;
        foreach (char letter in place)
        {
            isIndex = letter != ']' && (isIndex || letter == '[');
            if (!isIndex || letter == '[')
            {
                pattern.Append(letter);
            }
        }

        return pattern.ToString();
    }

    // Removed, these would make other things wrong; the program of exec's document has no "process." before its names.
    private static string? Valid(string pattern, string? hint) => pattern switch
    {
        _ when hint is not null && hint.StartsWith("did you mean \"", StringComparison.Ordinal) => hint["did you mean ".Length..^1],
        "root" => "{\"path\":\"rootfs\"}",
        "root.path" => "\"rootfs\"",
        "process" => "{\"args\":[\"sh\"],\"cwd\":\"/\"}",
        "process.args" or "args" => "[\"sh\"]",
        "process.cwd" or "cwd" => "\"/\"",
        "linux" => "{\"namespaces\":" + AllNamespaces + "}",
        "linux.namespaces" => AllNamespaces,
        "linux.uidMappings" or "linux.gidMappings" => "[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}]",
        "mounts[].destination" => "\"/.\u2026\"",
        "mounts[].type" => "\"tmpfs\"",
        "mounts[].source" => "\"/\"",
        "linux.seccomp.defaultAction" or "linux.seccomp.syscalls[].action" => "\"SCMP_ACT_ERRNO\"",
        "linux.seccomp.syscalls[].names" => "[\"read\"]",
        "linux.seccomp.syscalls[].args[].op" => "\"SCMP_CMP_EQ\"",
        "linux.seccomp.listenerPath" => "\"/\"",
        _ when pattern.StartsWith("hooks.", StringComparison.Ordinal) && pattern.EndsWith("[].path", StringComparison.Ordinal) => "\"/\"",
        _ => null,
    };

    private const string AllNamespaces =
        "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"ipc\"},{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"cgroup\"}]";
}
